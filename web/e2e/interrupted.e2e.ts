import type { Page } from 'playwright-core'
import { beforeEach, describe, onTestFinished } from 'vitest'
import { Api, type Record } from './api'
import { AWAY, checkAccess, expect, installation, logIn, screenshot, tell, test, withoutStatus } from './helpers'

// What comes between somebody and their work: admin away, a session that ends, others who were quicker, an answer
// that refuses. What was typed stays, and what was not seen is not done.

let api: Api
beforeEach(async () => {
  api = await Api.logIn(installation())
})

async function make(path: string, body: object): Promise<Record> {
  const row = await api.make(path, body)
  onTestFinished(async () => {
    // The first log-in may be over.
    await api.drop(`${path}/${row.id}`).catch(async () => (api = await Api.logIn(installation())).drop(`${path}/${row.id}`))
  })
  return row
}

const formOf = (page: Page) => page.locator('.n-drawer form')
const save = (page: Page) => formOf(page).locator('button[type=submit]').click()

describe('a half-filled form', () => {
  test('outlives admin, and is saved once it is back', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(AWAY)
    const group = await make('/groups', { name: 'admin-away' })
    await logIn(visitor, `/groups?id=${group.id}&tab=configuration`)
    await formOf(page).getByLabel('Remark', { exact: true }).fill('typed before')
    await tell({ stop: 'admin' })
    try {
      await save(page)
      await formOf(page).getByText('Weir does not answer').waitFor()
      await checkAccess(page)
      await screenshot(page, 'form.away')
    } finally {
      await tell({ start: 'admin' })
    }
    expect(await formOf(page).getByLabel('Remark', { exact: true }).inputValue()).toBe('typed before')
    await save(page)
    await page.locator('.n-drawer').waitFor({ state: 'detached' })
    expect(await api.call('GET', `/groups/${group.id}`)).toMatchObject({ remark: 'typed before' })
  })

  test('outlives the session: logged in again over it, it is saved as it was typed', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/status of 401 /)
    await withoutStatus(visitor)
    const group = await make('/groups', { name: 'session-ends' })
    await logIn(visitor, `/groups?id=${group.id}&tab=configuration`)
    await formOf(page).getByLabel('Remark', { exact: true }).fill('typed before')
    await tell({ end_sessions: true })
    await save(page)
    const dialog = page.getByRole('dialog').filter({ hasText: 'Your session has ended' })
    await dialog.locator('input[name=password]').fill(at.password)
    await dialog.locator('button[type=submit]').click()
    await page.locator('.n-drawer').waitFor({ state: 'detached' })
    api = await Api.logIn(at)
    expect(await api.call('GET', `/groups/${group.id}`)).toMatchObject({ remark: 'typed before' })
  })

  test('shows what a 422 says at its fields, and the rest above them', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 422/)
    // Admin itself says 400; what stands before it may not.
    await page.route('**/api/v1/groups', (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({
            status: 422,
            contentType: 'application/json',
            body: JSON.stringify({ error: 'name: is reserved; planet: is unknown', reason: 'bad_parameter', fields: { name: 'is reserved', planet: 'is unknown' }, request_id: 'abc' }),
          })
        : route.fallback(),
    )
    await logIn(visitor, '/groups?add=true')
    const name = formOf(page).getByLabel('Name', { exact: true })
    await name.fill('reserved-name')
    await save(page)
    await formOf(page).getByRole('alert').getByText('is reserved', { exact: true }).waitFor()
    expect(await name.getAttribute('aria-invalid')).toBe('true')
    await expect.poll(() => name.evaluate((field) => field === document.activeElement)).toBe(true)
    await formOf(page).getByText(/planet: is unknown/).waitFor()
    expect(await name.inputValue()).toBe('reserved-name')
  })
})

describe('a change of many', () => {
  test('whose number has changed meanwhile changes nothing, and says so', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 409 .*\/bulk/)
    for (let i = 0; i < 21; i += 1) await make('/api-keys', { name: `moved-${i}` })
    await logIn(visitor, '/keys?name=moved-')
    await page.getByRole('combobox', { name: 'Rows' }).selectOption('20')
    await expect.poll(() => page.locator('tbody tr').count()).toBe(20)
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
    await page.getByRole('button', { name: /^Select all 21/ }).click()
    await page.getByRole('status').getByRole('button', { name: 'Disable' }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByText('Disable 21 keys?').waitFor()
    await make('/api-keys', { name: 'moved-late' })
    await dialog.getByRole('textbox').fill('21')
    await dialog.getByRole('button', { name: 'Disable 21 keys' }).click()
    await dialog.getByText('there are 22 of them, not 21; nothing was changed').waitFor()
    await checkAccess(page)
    await screenshot(page, 'keys.bulk.moved')
    expect((await api.call('GET', '/api-keys?name=moved-&status=disabled')).total).toBe(0)
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await dialog.waitFor({ state: 'hidden' })
  })
})
