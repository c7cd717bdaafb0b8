import { afterEach, beforeEach, describe } from 'vitest'
import { Api, type Record } from './api'
import { checkAccess, expect, installation, logIn, logInByHand, look, test } from './helpers'

// An account from its beginning to its end: made in the form, tested, put into another order, changed with others, deleted.

const HOSTILE = '<img src=x onerror="window.ran=1">' + 'long'.repeat(20)

let api: Api
const made: number[] = []

async function account(name: string, change: object = {}): Promise<Record> {
  const body = { name, platform_type: 'claude', request_url: installation().fake_url, secret_key: 'sk-fake', models: ['claude-sonnet-4-5'], ...change }
  const row = await api.make('/admin/accounts', body)
  made.push(row.id)
  return row
}

beforeEach(async () => {
  api = await Api.logIn(installation())
})
afterEach(async () => {
  for (const id of made.splice(0)) await api.drop(`/admin/accounts/${id}`).catch(() => undefined)
})

describe('accounts', () => {
  test('one is made, and answers a test as it streams', async ({ visitor }) => {
    const { page, at } = visitor
    await logIn(visitor, '/accounts')
    await page.getByRole('button', { name: 'Add account' }).first().click()
    await page.getByLabel('Name', { exact: true }).last().fill('made-by-hand')
    await page.getByLabel('Key', { exact: true }).fill('sk-fake')
    await page.getByLabel('Address', { exact: true }).fill('nonsense')
    await page.locator('form button[type=submit]').click()
    await page.getByText('An address such as').waitFor()
    await page.getByLabel('Address', { exact: true }).fill(at.fake_url)
    await page.locator('form button[type=submit]').click()
    const row = page.getByRole('row', { name: /made-by-hand/ })
    await row.waitFor()
    const { data } = (await api.call('GET', '/admin/accounts?name=made-by-hand')) as unknown as { data: Record[] }
    made.push(data[0]!.id)
    await row.getByRole('button', { name: 'Test' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('It answers').waitFor()
    expect(await page.getByRole('log').innerText()).toContain('fake provider')
    expect(new URL(page.url()).searchParams.get('test')).toBe(String(data[0]!.id))
    await checkAccess(page)
  })

  test('priority is changed where it stands', async ({ visitor }) => {
    const { page } = visitor
    const { id } = await account('in-place', { priority: 40 })
    await logIn(visitor, '/accounts?name=in-place')
    await page.getByRole('button', { name: /in-place: Priority: 40/ }).click()
    await page.keyboard.type('15')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: /in-place: Priority: 15/ }).waitFor()
    expect((await api.call('GET', `/admin/accounts/${id}`)).priority).toBe(15)
  })

  test('who saved meanwhile is seen before anything is lost', async ({ visitor }) => {
    const { page, allow } = visitor
    allow(/status of 4(09|12)/)
    const { id } = await account('two-hands')
    await logIn(visitor, `/accounts?id=${id}&tab=configuration`)
    await page.getByLabel('Weight', { exact: true }).fill('70')
    await api.call('PATCH', `/admin/accounts/${id}`, { priority: 33 })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Somebody else changed this meanwhile').waitFor()
    await page.getByRole('button', { name: 'Save mine over it' }).click()
    await page.getByText('Somebody else changed this meanwhile').waitFor({ state: 'hidden' })
    expect(await api.call('GET', `/admin/accounts/${id}`)).toMatchObject({ weight: 70, priority: 33 })
  })

  test('all that match are changed at once, and the page says how many', async ({ visitor }) => {
    const { page } = visitor
    for (const name of ['many-a', 'many-b', 'many-c']) await account(name)
    await logIn(visitor, '/accounts?name=many-')
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
    await page.getByText('3 selected').waitFor()
    await page.getByRole('status').getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disable 3 accounts' }).click()
    await page.getByRole('navigation', { name: 'Accounts by status' }).getByRole('button', { name: '3 Disabled' }).waitFor()
    const { total } = (await api.call('GET', '/admin/accounts?name=many-&status=disabled')) as unknown as { total: number }
    expect(total).toBe(3)
  })

  test('one is deleted only by its name, whatever the name is', async ({ visitor }) => {
    const { page } = visitor
    const { id } = await account(HOSTILE)
    await logIn(visitor, `/accounts?id=${id}`)
    await page.getByRole('button', { name: 'Delete account' }).click()
    const dialog = page.getByRole('alertdialog')
    expect(await dialog.getByRole('button', { name: 'Delete account' }).isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill(HOSTILE)
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    await page.waitForURL((url) => !url.searchParams.has('id'))
    expect(await page.evaluate('window.ran')).toBeUndefined()
    await expect(api.call('GET', `/admin/accounts/${id}`)).rejects.toThrow('404')
  })

  test('they are nothing for plain users', async ({ visitor }) => {
    const password = 'correct horse battery'
    const user = await api.make('/users', { username: 'no-accounts', password })
    try {
      await logInByHand(visitor, '/accounts', { username: 'no-accounts', password })
      await visitor.page.getByText('This page is for administrators').waitFor()
    } finally {
      await api.drop(`/users/${user.id}`)
    }
  })

  test('look right in all tastes', async ({ browser }) => {
    await account(HOSTILE)
    const { id } = await account('looked-at', { status: 'disabled' })
    await look(browser, '/accounts', 'accounts', (page) => page.locator('tbody tr').nth(1).waitFor())
    await look(browser, `/accounts?id=${id}`, 'account', (page) => page.getByText(installation().fake_url).first().waitFor())
    await look(browser, '/accounts?add=true', 'account.new', (page) => page.locator('form fieldset').nth(3).waitFor())
  })
})
