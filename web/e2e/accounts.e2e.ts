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
    const form = page.getByRole('dialog').locator('form') // the list's filter has a field Name too
    await form.getByLabel('Name', { exact: true }).fill('made-by-hand')
    await form.getByLabel('Key', { exact: true }).fill('sk-fake')
    await form.getByLabel('Address', { exact: true }).fill('nonsense')
    await form.locator('button[type=submit]').click()
    await page.getByText('An address such as').waitFor()
    await expect.poll(() => form.getByLabel('Address', { exact: true }).evaluate((field) => field === document.activeElement)).toBe(true)
    await form.getByLabel('Address', { exact: true }).fill(at.fake_url)
    await form.locator('button[type=submit]').click()
    const row = page.getByRole('row', { name: /made-by-hand/ })
    await row.waitFor()
    const { data } = (await api.call('GET', '/admin/accounts?name=made-by-hand')) as unknown as { data: Record[] }
    made.push(data[0]!.id)
    await row.getByRole('button', { name: 'Test' }).click()
    await page.getByRole('button', { name: 'Send' }).click()
    await page.getByText('It answers').waitFor()
    await page.getByRole('dialog').getByRole('link', { name: 'log', exact: true }).waitFor() // and what it cost, once the ledger has it
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

  test('the list is narrowed by model, proxy and what needs attention, and its URL says so', async ({ visitor }) => {
    const { page, at } = visitor
    await account('narrow-well', { models: ['journey-only-here'] })
    await account('narrow-ended', { credential_expires_at: '2020-01-01T00:00:00Z', proxy_url: 'http://127.0.0.1:9' })
    const rows = () => page.locator('tbody tr strong').allInnerTexts()
    await logIn(visitor, '/accounts?name=narrow-')
    await page.getByRole('checkbox', { name: 'Needs attention' }).check()
    await expect.poll(rows).toEqual(['narrow-ended'])
    expect(new URL(page.url()).searchParams.get('attention')).toBe('true')
    await page.goto(`${at.admin_url}/accounts?name=narrow-&model=journey-only-here&proxy=false`)
    await expect.poll(rows).toEqual(['narrow-well'])
    await page.goto(`${at.admin_url}/accounts?name=narrow-&tier=pro`)
    await page.getByText('Nothing matches these filters.').waitFor()
    await page.getByRole('button', { name: 'Clear filters' }).click()
    await expect.poll(async () => (await rows()).includes('narrow-well')).toBe(true)
  })

  test('columns are chosen, and stay chosen', async ({ visitor }) => {
    const { page } = visitor
    await account('columned')
    await logIn(visitor, '/accounts?name=columned')
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'First token, median of 24 h' }).check()
    await page.getByRole('checkbox', { name: 'Load' }).uncheck()
    await page.getByRole('columnheader', { name: 'First token' }).waitFor()
    await page.reload()
    await page.getByRole('columnheader', { name: 'First token' }).waitFor()
    expect(await page.getByRole('columnheader', { name: 'Load' }).count()).toBe(0)
  })

  test('dragged onto another, it joins that priority; the keyboard steps', async ({ visitor }) => {
    const { page } = visitor
    await account('drag-a', { priority: 10 })
    await account('drag-b', { priority: 30 })
    await logIn(visitor, '/accounts?name=drag-')
    const grip = (name: string) => page.getByRole('button', { name: new RegExp(`^Drag ${name}`) })
    await grip('drag-b').dragTo(page.getByRole('row', { name: /drag-a/ }))
    await page.getByRole('button', { name: /drag-b: Priority: 10/ }).waitFor()
    await grip('drag-b').focus()
    await page.keyboard.press('Alt+ArrowDown')
    await page.getByRole('button', { name: /drag-b: Priority: 11/ }).waitFor()
  })

  test('who saved meanwhile is seen before anything is lost', async ({ visitor }) => {
    const { page, allow } = visitor
    allow(/status of 4(09|12)/)
    const { id } = await account('two-hands')
    await logIn(visitor, `/accounts?id=${id}&tab=configuration`)
    await page.getByLabel('Weight', { exact: true }).fill('70')
    await api.call('PATCH', `/admin/accounts/${id}`, { weight: 50, priority: 33 })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.getByText('Somebody else changed this meanwhile').waitFor()
    await page.getByRole('button', { name: 'Save mine over it' }).click()
    await page.getByText('Somebody else changed this meanwhile').waitFor({ state: 'hidden' })
    expect(await api.call('GET', `/admin/accounts/${id}`)).toMatchObject({ weight: 70, priority: 33 })
  })

  test('who saved another field meanwhile is in nobody\'s way', async ({ visitor }) => {
    const { page, allow } = visitor
    allow(/status of 4(09|12)/)
    const { id } = await account('two-fields')
    await logIn(visitor, `/accounts?id=${id}&tab=configuration`)
    await page.getByLabel('Weight', { exact: true }).fill('70')
    await api.call('PATCH', `/admin/accounts/${id}`, { priority: 33 })
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect.poll(() => api.call('GET', `/admin/accounts/${id}`)).toMatchObject({ weight: 70, priority: 33 })
    expect(await page.getByText('Somebody else changed this meanwhile').count()).toBe(0)
  })

  test('what is typed is not left unasked, by Back or by a link', async ({ visitor }) => {
    const { page } = visitor
    const { id } = await account('half-done')
    await logIn(visitor, '/accounts?name=half-done')
    await page.getByRole('row', { name: /half-done/ }).getByText('half-done').click()
    await page.waitForURL(/id=/)
    await page.getByRole('radio', { name: 'Configuration' }).click()
    await page.getByLabel('Weight', { exact: true }).fill('70')
    let answers = [false, true]
    page.on('dialog', (dialog) => void (answers.shift() ? dialog.accept() : dialog.dismiss()))
    await page.goBack()
    await expect.poll(() => answers.length).toBe(1)
    await page.waitForURL(new RegExp(`id=${id}`))
    expect(await page.getByLabel('Weight', { exact: true }).inputValue()).toBe('70')
    await page.goBack()
    await page.waitForURL((url) => !url.searchParams.has('id'))
    await page.locator('.n-drawer').waitFor({ state: 'detached' })
    answers = [false]
    await page.getByRole('row', { name: /half-done/ }).getByText('half-done').click()
    await page.getByRole('radio', { name: 'Configuration' }).click()
    await page.getByLabel('Weight', { exact: true }).fill('80')
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await page.locator('.n-drawer').waitFor({ state: 'detached' })
    expect(answers).toEqual([false]) // nobody was asked
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

  test('the one form changes many, and only what was chosen', async ({ visitor }) => {
    const { page } = visitor
    const ids = [(await account('form-a', { weight: 5 })).id, (await account('form-b', { weight: 6 })).id]
    await logIn(visitor, '/accounts?name=form-')
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
    await page.getByRole('status').getByRole('button', { name: 'Edit' }).click()
    await page.locator('.n-drawer .n-base-selection').first().click()
    await page.keyboard.type('Priority')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
    await page.getByLabel('Priority', { exact: true }).fill('7')
    await page.getByRole('button', { name: 'Change 2 accounts' }).click()
    await page.getByText(/^2 changed/).waitFor()
    for (const [i, id] of ids.entries()) expect(await api.call('GET', `/admin/accounts/${id}`)).toMatchObject({ priority: 7, weight: 5 + i })
  })

  test('a file shows what it would change before it does', async ({ visitor }) => {
    const { page, allow } = visitor
    allow(/status of 400/)
    const { id } = await account('from-file', { priority: 10 })
    await logIn(visitor, '/accounts?transfer=true')
    const give = (csv: string) => page.locator('input[type=file]').setInputFiles({ name: 'accounts.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) })
    await give(`name,platform_type,request_url,priority\nfrom-file,claude,${installation().fake_url},2000`)
    await page.getByRole('button', { name: 'Show what would change' }).click()
    await page.getByText('line 2.priority').first().waitFor()
    await give(`name,platform_type,request_url,priority\nfrom-file,claude,${installation().fake_url},12`)
    await page.getByRole('button', { name: 'Show what would change' }).click()
    await page.getByText('10 → 12').waitFor()
    expect((await api.call('GET', `/admin/accounts/${id}`)).priority).toBe(10)
    await page.getByRole('button', { name: 'Import 1 account' }).click()
    await page.getByText('1 account imported').waitFor()
    expect((await api.call('GET', `/admin/accounts/${id}`)).priority).toBe(12)
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
    await account('looked-at', { status: 'disabled' })
    await look(browser, '/accounts', 'accounts', (page) => page.locator('tbody tr').nth(1).waitFor())
  })

  test('one looks right in all tastes', async ({ browser }) => {
    const { id } = await account('looked-at', { status: 'disabled' })
    await look(browser, `/accounts?id=${id}`, 'account', (page) => page.getByText(installation().fake_url).first().waitFor())
  })

  test('a new one looks right in all tastes', async ({ browser }) => {
    await look(browser, '/accounts?add=true', 'account.new', (page) => page.locator('form fieldset').nth(3).waitFor())
  })
})
