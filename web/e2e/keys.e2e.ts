import { execFileSync } from 'node:child_process'
import { describe, onTestFinished } from 'vitest'
import { Api } from './api'
import { checkAccess, expect, logIn, logInByHand, look, screenshot, test } from './helpers'

describe('keys', () => {
  test('a key is made, shown once, used for a real request, and deleted', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const account = await api.make('/admin/accounts', { name: 'for-keys', platform_type: 'claude', request_url: at.fake_url, secret_key: 'fake-key-text', group_ids: [1] })
    onTestFinished(async () => void (await api.drop(`/admin/accounts/${account.id}`)))
    await logIn(visitor, '/usage')
    await page.getByRole('navigation').getByRole('link', { name: 'Keys' }).click()
    await page.getByRole('button', { name: 'Create key' }).click()
    const name = '<b>key</b> {{7*7}}'
    await page.getByLabel('Name', { exact: true }).fill(name)
    await page.locator('form').getByRole('button', { name: 'Create key' }).click()
    const once = page.getByRole('dialog', { name: 'Copy the key now' })
    const key = (await once.getByLabel('API key').textContent())!
    expect(key).toMatch(/^ck_/)
    await api.reached()
    await once.getByRole('button', { name: 'Send a test request' }).click()
    await once.getByText(/answered in/).waitFor()
    await checkAccess(page)
    await screenshot(page, 'keys.once')
    // The lines as they stand there, in a real shell.
    const lines = (await once.locator('pre').first().textContent())!
    expect(execFileSync('sh', ['-c', lines], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })).toContain('event: message_stop')
    for (const client of ['Claude Code', 'Codex', 'OpenAI SDK', 'Anthropic SDK', 'Gemini CLI', '.env']) {
      await once.getByRole('radio', { name: client, exact: true }).click()
      expect(await once.locator('pre').first().textContent()).toMatch(new RegExp(`${at.relay_url}|gemini-api-key`))
    }

    await once.getByRole('button', { name: 'Done' }).click() // neither copied nor said to be saved
    await page.getByRole('alertdialog').getByText('cannot be shown again').waitFor()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click()
    await page.goBack()
    await page.goBack() // to another page: the key stays
    await page.waitForURL('**/usage')
    expect(await once.getByLabel('API key').textContent()).toBe(key)
    await page.goForward()
    await page.waitForURL('**/keys')
    await once.getByText('I have saved the key').click()
    await once.getByRole('button', { name: 'Done' }).click()
    await once.waitFor({ state: 'hidden' })

    await page.getByText(name).first().click()
    await page.getByRole('button', { name: 'Delete key' }).click()
    await page.getByRole('alertdialog').getByText('401 at once').waitFor()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete key' }).click()
    await page.getByText(name).first().waitFor({ state: 'hidden' })
    await api.reached()
    expect((await fetch(`${at.relay_url}/v1/models`, { headers: { 'x-api-key': key } })).status).toBe(401)
  })

  test('a bulk change says its scope and is held to it', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const made = await Promise.all([1, 2, 3].map((n) => api.make('/api-keys', { name: `bulk-${n}` })))
    try {
      await logIn(visitor, '/keys?name=bulk-&sort=name')
      await page.getByText('bulk-3').waitFor()
      await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
      await page.getByRole('button', { name: 'Disable', exact: true }).click()
      await page.getByRole('alertdialog').getByText('Disable 3 keys?').waitFor()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Disable 3 keys' }).click()
      await page.getByText('⊘ Disabled').nth(2).waitFor()
      await page.reload()
      await page.getByText('⊘ Disabled').nth(2).waitFor()
      expect(new URL(page.url()).search).toBe('?name=bulk-&sort=name')
      await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
      await page.getByRole('checkbox', { name: 'Select bulk-3' }).uncheck()
      await page.getByRole('button', { name: 'Delete', exact: true }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Delete 2 keys' }).click()
      await page.locator('tbody').getByText('bulk-2').waitFor({ state: 'detached' })
      await page.locator('tbody').getByText('bulk-3').waitFor()
    } finally {
      for (const { id } of made) await api.drop(`/api-keys/${id}`).catch(() => undefined) // two are gone
    }
  })

  test('an open key leads to the ones beside it, and asks where something is typed', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const made = await Promise.all([1, 2, 3].map((n) => api.make('/api-keys', { name: `beside-${n}` })))
    try {
      await logIn(visitor, '/keys?name=beside-&sort=name')
      await page.getByRole('row', { name: /beside-1/ }).click()
      const name = page.getByLabel('Name', { exact: true })
      const shows = (text: string) => expect.poll(() => name.inputValue()).toBe(text)
      await shows('beside-1')
      expect(await page.getByRole('button', { name: 'Previous in the list' }).isDisabled()).toBe(true)
      await page.getByRole('button', { name: 'Next in the list' }).click()
      await shows('beside-2')
      await page.locator('.n-drawer-header').click()
      await page.keyboard.press('j')
      await shows('beside-3')
      await name.fill('half typed')
      await page.getByRole('button', { name: 'Previous in the list' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Cancel' }).click()
      await shows('half typed')
      await page.getByRole('button', { name: 'Previous in the list' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Discard changes' }).click()
      await shows('beside-2')
    } finally {
      for (const { id } of made) await api.drop(`/api-keys/${id}`)
    }
  })

  test('what is typed stays while the key is disabled beside it', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const { id } = await api.make('/api-keys', { name: 'typed beside', limits: { usd_per_day: '5', requests_total: 7 } })
    try {
      await logIn(visitor, `/keys?id=${id}`)
      await page.getByRole('meter', { name: 'USD per day · this key' }).waitFor()
      expect(await page.getByRole('meter', { name: /this key$/ }).nth(1).getAttribute('aria-valuetext')).toBe('0 / 7 · left 7')
      const name = page.getByLabel('Name', { exact: true })
      await name.fill('half typ')
      await page.getByRole('button', { name: 'Disable', exact: true }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
      await page.getByRole('button', { name: 'Enable', exact: true }).click()
      await page.getByRole('button', { name: 'Disable', exact: true }).waitFor()
      await page.getByRole('button', { name: 'Rotate key' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate key' }).click()
      const once = page.getByRole('dialog', { name: 'Copy the key now' })
      await once.getByText('I have saved the key').click()
      await once.getByRole('button', { name: 'Done' }).click()
      await once.waitFor({ state: 'hidden' })
      expect(await name.inputValue()).toBe('half typ')
      await name.fill('typed whole')
      await page.getByRole('button', { name: 'Save' }).click()
      await page.locator('tbody').getByText('typed whole').waitFor()
      await page.goto(`${at.admin_url}/keys?id=${id}`)
      await page.getByText('Changes', { exact: true }).click()
      await page.getByRole('dialog').getByText('typed beside → typed whole').waitFor()
    } finally {
      await api.drop(`/api-keys/${id}`)
    }
  })

  test('from its row a key is disabled, enabled and given a new text', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const { id } = await api.make('/api-keys', { name: 'by-its-row' })
    onTestFinished(async () => void (await api.drop(`/api-keys/${id}`)))
    await logIn(visitor, '/keys?name=by-its-row')
    const pick = async (act: string) => {
      await page.getByRole('button', { name: 'More acts for by-its-row' }).click()
      await page.locator('.n-dropdown-option').getByText(act, { exact: true }).click()
    }
    await pick('Disable')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disable' }).click()
    await page.locator('tbody').getByText('⊘ Disabled').waitFor()
    await pick('Enable')
    await page.locator('tbody').getByText('✓ Active').waitFor()
    await pick('Rotate key')
    await page.getByRole('alertdialog').getByRole('button', { name: 'Rotate key' }).click()
    const once = page.getByRole('dialog', { name: 'Copy the key now' })
    await once.getByText('I have saved the key').click()
    await once.getByRole('button', { name: 'Done' }).click()
    await once.waitFor({ state: 'hidden' })
  })

  test('who saves second sees both', async ({ visitor }) => {
    const { page, at, allow } = visitor
    allow(/status of 409/)
    const api = await Api.logIn(at)
    const { id } = await api.make('/api-keys', { name: 'first name' })
    try {
      await logIn(visitor, `/keys?id=${id}`)
      await page.getByLabel('Name', { exact: true }).fill('mine')
      await api.call('PATCH', `/api-keys/${id}`, { name: 'theirs' })
      await page.getByRole('button', { name: 'Save' }).click()
      await page.getByText('Somebody else changed this').waitFor()
      await checkAccess(page)
      await page.getByRole('button', { name: 'Save mine over it' }).click()
      await page.locator('.n-drawer').waitFor({ state: 'detached' }) // it says "mine" too
      await page.locator('tbody').getByText('mine', { exact: true }).waitFor()
    } finally {
      await api.drop(`/api-keys/${id}`)
    }
  })

  test('a user sees their own alone, and no column of others', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const who = { username: 'keys-of-mine', password: 'correct horse' }
    const user = await api.make('/users', who)
    const key = await api.make('/api-keys', { name: 'only-this-one', user_id: user.id })
    try {
      await logInByHand(visitor, '/keys', who)
      await page.getByText('only-this-one').waitFor()
      expect(await page.locator('tbody tr').count()).toBe(1)
      expect(await page.getByRole('columnheader', { name: 'Owner' }).count()).toBe(0)
    } finally {
      await api.drop(`/api-keys/${key.id}`)
      await api.drop(`/users/${user.id}`)
    }
  })

  test('keys look right in all tastes', async ({ browser }) => {
    await look(browser, '/keys', 'keys', (page) => page.locator('tbody tr').first().waitFor())
    await look(browser, '/keys?add=true', 'keys.form', (page) => page.locator('form').waitFor())
  })
})
