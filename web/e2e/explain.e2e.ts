import { afterAll, beforeAll, describe } from 'vitest'
import { Api } from './api'
import { expect, installation, logIn, look, test } from './helpers'

// Who would serve a request, who not and why; the link to an explanation is an explanation.

let api: Api
let group = 0
let key = 0
const accounts: number[] = []

async function account(name: string, change: object) {
  const row = await api.make('/admin/accounts', { name, platform_type: 'claude', request_url: installation().fake_url, secret_key: 'sk-fake', group_ids: [group], ...change })
  accounts.push(row.id)
}

beforeAll(async () => {
  api = await Api.logIn(installation())
  group = (await api.make('/groups', { name: 'explained' })).id
  await account('first-choice', { priority: 10 })
  await account('second-choice', { priority: 20 })
  await account('switched-off', { priority: 5, status: 'disabled' })
  await account('other-models', { priority: 5, models: ['claude-haiku-4-5'] })
  key = (await api.make('/api-keys', { name: 'explained-key', group_id: group })).id
})
afterAll(async () => {
  await api.drop(`/api-keys/${key}`)
  for (const id of accounts) await api.drop(`/admin/accounts/${id}`)
  await api.drop(`/groups/${group}`)
})

describe('explain', () => {
  test('is asked in the page, and is its URL', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, `/explain?key=${key}`)
    await page.getByText('Choose a key and a model').waitFor()
    await page.getByLabel('Model', { exact: true }).fill('claude-sonnet-4-5')
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await page.getByText('The next request goes to first-choice').waitFor()
    expect(new URL(page.url()).searchParams.get('model')).toBe('claude-sonnet-4-5')
    await page.getByText('1 account: Disabled').waitFor()
    await page.getByText('1 account: Does not serve the model').waitFor()
    await page.reload()
    await page.getByText('The next request goes to first-choice').waitFor()
    await page.getByRole('link', { name: 'switched-off' }).click()
    await page.waitForURL('**/accounts?id=*')
  })

  test('says so where nobody serves a model', async ({ visitor }) => {
    await logIn(visitor, `/explain?key=${key}&model=no-such-model`)
    await visitor.page.getByText('Would be refused').waitFor()
  })

  test('looks right in all tastes', async ({ browser }) => {
    await look(browser, `/explain?key=${key}&model=claude-sonnet-4-5`, 'explain', (page) => page.locator('li.chosen').waitFor())
  })
})
