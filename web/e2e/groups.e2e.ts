import { afterEach, beforeEach, describe } from 'vitest'
import { Api } from './api'
import { expect, installation, logIn, look, test } from './helpers'

// Groups: made, changed, disabled with what that stops, deleted when nothing is in them.

let api: Api
const made: string[] = []

beforeEach(async () => {
  api = await Api.logIn(installation())
})
afterEach(async () => {
  for (const path of made.splice(0).reverse()) await api.drop(path).catch(() => undefined)
})

async function group(name: string): Promise<number> {
  const { id } = await api.make('/groups', { name })
  made.push(`/groups/${id}`)
  return id
}

describe('groups', () => {
  test('one is made', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, '/groups')
    await page.getByRole('button', { name: 'Add group' }).click()
    const form = page.locator('.n-drawer form')
    await form.getByLabel('Name', { exact: true }).fill('made-by-hand')
    await form.getByLabel('Price multiplier', { exact: true }).fill('0.8')
    await form.getByLabel('Model mapping', { exact: true }).fill('gpt-4o -> x')
    await form.locator('button[type=submit]').click()
    await form.getByText('Line 1 is not of that form').waitFor()
    await form.getByLabel('Model mapping', { exact: true }).fill('gpt-4o = claude-sonnet-4-5')
    await form.locator('button[type=submit]').click()
    await page.getByRole('row', { name: /made-by-hand/ }).waitFor()
    const { data } = (await api.call('GET', '/groups?name=made-by-hand')) as unknown as { data: { id: number }[] }
    made.push(`/groups/${data[0]!.id}`)
    expect(data[0]).toMatchObject({ price_multiplier: '0.8', model_mapping: { 'gpt-4o': 'claude-sonnet-4-5' } })
  })

  test('disabling says which keys stop, and one in use is not deleted', async ({ visitor }) => {
    const { page, allow } = visitor
    allow(/status of 409/)
    const id = await group('in-use')
    const key = await api.make('/api-keys', { name: 'of-the-group', group_id: id })
    made.push(`/api-keys/${key.id}`)
    await logIn(visitor, `/groups?id=${id}`)
    await page.getByRole('link', { name: '1 key' }).waitFor()
    await page.getByRole('button', { name: 'Delete group' }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByText('It has 1 key, ').waitFor()
    await dialog.getByRole('button', { name: 'Delete group' }).click()
    await dialog.getByText('the group is in use').waitFor()
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('button', { name: 'Disable group' }).click()
    await dialog.getByText('Its keys stop at once, 1 key').waitFor()
    await dialog.getByRole('button', { name: 'Disable group' }).click()
    await page.getByRole('row', { name: /in-use/ }).getByText('Disabled').waitFor()
    expect((await api.call('GET', `/groups/${id}`)).status).toBe('disabled')
  })

  test('what is typed stays while the group is disabled and enabled beside it', async ({ visitor }) => {
    const { page } = visitor
    const id = await group('typed-beside')
    await logIn(visitor, `/groups?id=${id}&tab=configuration`)
    const tab = (name: string) => page.getByRole('dialog').getByText(name, { exact: true })
    await page.getByLabel('Remark', { exact: true }).fill('half typ')
    await tab('Overview').click()
    await page.getByRole('button', { name: 'Disable group' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disable group' }).click()
    await page.getByRole('button', { name: 'Enable group' }).click()
    await page.getByRole('button', { name: 'Disable group' }).waitFor()
    await tab('Configuration').click()
    expect(await page.getByLabel('Remark', { exact: true }).inputValue()).toBe('half typ')
    await page.locator('.n-drawer form button[type=submit]').click()
    await page.getByRole('row', { name: /typed-beside/ }).getByText('half typ').waitFor()
    expect(await api.call('GET', `/groups/${id}`)).toMatchObject({ status: 'active', remark: 'half typ' })
  })

  test('the default group stays', async ({ visitor }) => {
    await logIn(visitor, '/groups?id=1')
    await visitor.page.getByText('it cannot be deleted').waitFor()
    expect(await visitor.page.getByRole('button', { name: 'Delete group' }).isDisabled()).toBe(true)
  })

  const LOOKS: [string, string, string][] = [
    ['groups', '/groups', 'main a[href^="/accounts?group_id="]'],
    ['group', '/groups?id=1', '.n-drawer h2'],
    ['group.form', '/groups?id=1&tab=configuration', '.n-drawer fieldset'],
  ]
  test.for(LOOKS)('look right in all tastes: %s', async ([name, path, ready], { browser }) => {
    await look(browser, path, name, (page) => page.locator(ready).first().waitFor())
  })
})
