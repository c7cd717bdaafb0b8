import { describe } from 'vitest'
import { Api } from './api'
import { expect, logIn, look, screenshot, tell, test } from './helpers'

// Monitoring, tasks, the audit.

test('a relay that goes away is said, and is back', async ({ visitor }) => {
  const { page } = visitor
  await logIn(visitor, '/monitoring')
  await page.getByText(/ Well$/).waitFor()
  await tell({ stop: 'relay' })
  try {
    await page.getByText(/ Away$/).waitFor()
    // The top bar is told by the same answer, so that it never says otherwise.
    expect(await page.getByRole('banner').getByRole('status').innerText()).toContain('No relay is connected')
    await screenshot(page, 'monitoring.away')
  } finally {
    await tell({ start: 'relay' })
  }
  await page.getByText(/ Well$/).first().waitFor()
})

describe('tasks', () => {
  test('one is run at once, and says how it went', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, '/tasks?id=sessions_cleanup')
    await page.getByRole('dialog').getByText('Deletes log-ins that have expired.').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Run now: sessions_cleanup' }).click()
    await page.locator('tr', { hasText: 'sessions_cleanup' }).getByText('done').waitFor()
  })

  test('who changed when one runs stands beside it, and in the audit', async ({ visitor }) => {
    const { page } = visitor
    const api = await Api.logIn(visitor.at)
    const plan = (schedule: string) => api.make('/admin/tasks', { name: 'changes_cleanup', schedule })
    const { data } = (await api.call('GET', '/admin/tasks')) as unknown as { data: { name: string; schedule: string }[] }
    const { schedule } = data.find(({ name }) => name === 'changes_cleanup')!
    await plan('7 3 * * *')
    try {
      await logIn(visitor, '/tasks?id=changes_cleanup')
      const dialog = page.getByRole('dialog')
      await dialog.getByText('Changes', { exact: true }).click()
      await dialog.getByText(`${schedule} → 7 3 * * *`).waitFor()
      await dialog.locator('a[href*="resource_name=changes_cleanup"]').click()
      await page.waitForURL('**/audit?**')
      await page.locator('tbody tr', { hasText: 'changes_cleanup' }).first().waitFor()
    } finally {
      await plan(schedule)
    }
  })

  test('a schedule is said in words while it is typed; a wrong one is refused at the field', async ({ visitor }) => {
    const { page, allow } = visitor
    allow(/status of 400/)
    await logIn(visitor, '/tasks?id=changes_cleanup')
    const dialog = page.getByRole('dialog')
    const field = dialog.getByLabel('When', { exact: true })
    await field.fill('30 4 * * 1')
    await dialog.getByText('Mon at 04:30').waitFor()
    await field.fill('61 4 * * *')
    await dialog.getByRole('button', { name: 'Save' }).click()
    await dialog.getByRole('alert').first().waitFor()
    expect(await field.getAttribute('aria-invalid')).toBe('true')
  })
})

test('a change is found in the audit, field by field, without its secret', async ({ visitor }) => {
  const { page, at } = visitor
  const api = await Api.logIn(at)
  const user = await api.make('/users', { username: 'in-the-audit', name: '<i>name</i>', password: 'correct horse' })
  try {
    await logIn(visitor, `/audit?resource=user&resource_id=${user.id}`)
    await page.locator('tbody tr').first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('<i>name</i>', { exact: true }).waitFor()
    expect(await dialog.innerText()).not.toContain('correct horse')
    // A link to it works where the list does not show it.
    const id = new URL(page.url()).searchParams.get('id')
    await page.goto(`${at.admin_url}/audit?resource=price&id=${id}`)
    await dialog.getByText('<i>name</i>', { exact: true }).waitFor()
    // By the revision that it made, alone; and by its request.
    await dialog.locator('a[href^="/audit?revision="]').click()
    await page.waitForURL('**/audit?revision=*')
    await page.locator('tbody tr').filter({ hasText: 'in-the-audit' }).waitFor()
    expect(await page.locator('tbody tr').count()).toBe(1)
    const { data } = (await api.call('GET', `/admin/audit?id=${id}`)) as unknown as { data: { request_id: string }[] }
    await page.goto(`${at.admin_url}/audit?request_id=${data[0]!.request_id}`)
    await page.locator('tbody tr').filter({ hasText: 'in-the-audit' }).waitFor()
  } finally {
    await api.drop(`/users/${user.id}`)
  }
})

describe('looks right in all tastes', () => {
  test.each([
    ['monitoring', '/monitoring'],
    ['tasks', '/tasks'],
    ['audit', '/audit'],
  ])('%s', async (name, path) => {
    const { openBrowser } = await import('./helpers')
    const browser = await openBrowser()
    try {
      await look(browser, path, name, (page) => page.locator('tbody tr').first().waitFor())
    } finally {
      await browser.close()
    }
  })
})
