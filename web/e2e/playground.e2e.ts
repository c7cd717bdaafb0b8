import { describe } from 'vitest'
import { Api, type Record } from './api'
import { checkAccess, expect, logIn, look, screenshot, test, type Visit } from './helpers'

// Through the relay, with a key of one's own.

async function begin(visitor: Visit, query = '') {
  const { page, at } = visitor
  await logIn(visitor, `/playground${query}`)
  await page.getByPlaceholder('or paste a key').fill(at.api_key)
}

const ask = async ({ page }: Visit, words: string) => {
  await page.getByLabel('Ask something').fill(words)
  // Until the last answer has ended and there is a key to ask with, the keys do nothing.
  await expect.poll(() => page.getByRole('button', { name: 'Send' }).isEnabled()).toBe(true)
  await page.getByLabel('Ask something').press('Control+Enter')
}

// With a key of a group whose one account does as it is told.
async function withAccount(visitor: Visit, told: string, steps: (key: Record) => Promise<void>) {
  const { page, at } = visitor
  const api = await Api.logIn(at)
  const group = await api.make('/groups', { name: 'as-told' })
  const account = await api.make('/admin/accounts', { name: 'as-told', platform_type: 'claude', request_url: at.fake_url, secret_key: `fake-key-${told}`, group_ids: [group.id] })
  const key = await api.make('/api-keys', { name: 'as-told', group_id: group.id })
  try {
    await logIn(visitor, '/playground?model=claude-sonnet-4-5')
    await page.getByPlaceholder('or paste a key').fill(String(key.key))
    await steps(key)
  } finally {
    await api.drop(`/api-keys/${key.id}`)
    await api.drop(`/admin/accounts/${account.id}`)
    await api.drop(`/groups/${group.id}`)
  }
}

describe('playground', () => {
  test.for(['anthropic_messages', 'openai_chat', 'openai_responses', 'gemini'])('answers in %s, with its figures', async (protocol, { visitor }) => {
    await begin(visitor, `?protocol=${protocol}&model=claude-sonnet-4-5`)
    await ask(visitor, '<img src=x onerror="window.ran=1"> **hello**')
    const turn = visitor.page.locator('article')
    await turn.getByText('Hello from the fake provider').waitFor()
    await turn.getByText(/out \d+ · \$0\.\d+/).waitFor()
    expect(await visitor.page.evaluate('window.ran')).toBeUndefined()
  })

  test('a stream is stopped, and what came stays', async ({ visitor }) => {
    const { page } = visitor
    await withAccount(visitor, 'huge=64+pace=50', async () => {
      await ask(visitor, 'wait')
      const came = async () => (await page.locator('article .markdown').textContent())!.length
      await expect.poll(came).toBeGreaterThan(10)
      await page.keyboard.press('Escape')
      await page.getByText('Stopped by you.').waitFor()
      expect(await came()).toBeGreaterThan(10)
    })
  })

  test('a stream that the provider cuts says so, keeps what came, and is asked again', async ({ visitor }) => {
    const { page } = visitor
    await withAccount(visitor, 'huge=8+cut', async () => {
      await ask(visitor, 'tell me all')
      const turn = page.locator('article')
      await turn.getByRole('alert').getByText(/The provider/).first().waitFor()
      expect((await turn.locator('.markdown').textContent())!.length).toBeGreaterThan(10)
      await checkAccess(page)
      await screenshot(page, 'playground.cut')
      await page.reload()
      await turn.getByText('tell me all').waitFor()
      await turn.getByRole('alert').getByText(/The provider/).first().waitFor()
    })
  })

  test('a question is asked otherwise: it and what came after go, once it is sent', async ({ visitor }) => {
    const { page } = visitor
    await begin(visitor, '?model=claude-sonnet-4-5')
    for (const words of ['one', 'two']) {
      await ask(visitor, words)
      await page.locator('article', { hasText: words }).getByText('Hello from the fake provider').waitFor()
    }
    const first = page.locator('article').first()
    await first.getByRole('button', { name: 'Again' }).click()
    await page.getByRole('alertdialog', { name: 'Remove 2 turns of the conversation?' }).getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'New conversation' }).click()
    await page.getByRole('alertdialog', { name: 'Remove 2 turns of the conversation?' }).getByRole('button', { name: 'Cancel' }).click()
    await first.getByRole('button', { name: 'Edit' }).click()
    await page.getByText('Sending it replaces the question').waitFor()
    expect(await page.locator('article').count()).toBe(2)
    await ask(visitor, 'three')
    await page.locator('article', { hasText: 'three' }).getByText('Hello from the fake provider').waitFor()
    expect(await page.locator('article').count()).toBe(1)
    await first.getByRole('radio', { name: 'Code' }).click()
    await first.getByText('"content":"three"').waitFor()
    await page.getByRole('button', { name: 'New conversation' }).click() // one alone goes unasked
    await expect.poll(() => page.locator('article').count()).toBe(0)
  })

  test('a failure says whose doing it is', async ({ visitor }) => {
    visitor.allow(/status of 40\d/)
    await begin(visitor, '?model=nobody-serves-this')
    await ask(visitor, 'hello')
    await visitor.page.getByText('The model has no price.').waitFor()
    await visitor.page.getByText(/no request reached a provider/).waitFor()
    await checkAccess(visitor.page)
    await screenshot(visitor.page, 'playground.failure')
    await visitor.page.getByPlaceholder('or paste a key').fill('ck_nobody')
    await ask(visitor, 'hello')
    await visitor.page.getByText(/This API key is not known here/).waitFor()
  })

  test('a key that is not pasted is stood for by a token, which pays as that key', async ({ visitor }) => {
    const { page } = visitor
    await withAccount(visitor, 'text', async (key) => {
      await page.goto(`${visitor.at.admin_url}/playground?model=claude-sonnet-4-5&key_id=${key.id}`)
      const asked = page.waitForRequest(/\/v1\/messages$/)
      await ask(visitor, 'hello')
      expect((await asked).headers()['x-api-key']).toMatch(/^wpt_/)
      await page.locator('article').getByText('Hello from the fake provider').waitFor()
      await page.locator('article').getByText(/out \d+ · \$0\.\d+/).waitFor()
      const api = await Api.logIn(visitor.at)
      await expect.poll(async () => (await api.call('GET', `/admin/logs?key_id=${key.id}`)).total).toBe(1)
    })
  })

  test('the playground looks right in all tastes', async ({ browser }) => {
    await look(browser, '/playground', 'playground', (page) => page.locator('form.ask').waitFor())
  })
})
