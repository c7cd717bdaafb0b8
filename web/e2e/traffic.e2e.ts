import { readFileSync } from 'node:fs'
import { describe } from 'vitest'
import { Api } from './api'
import { checkAccess, checkWidth, expect, logIn, logInByHand, look, screenshot, tell, test, type Visit } from './helpers'

// What has been served: the dashboard, the log and its requests, usage; who may see how much of it.

const rows = (visitor: Visit) => visitor.page.locator('tbody tr[tabindex]')

async function served(count: number) {
  await tell({ requests: count })
}

describe('log', () => {
  test('a request is found, opened, linked, and explained by its cost', async ({ visitor }) => {
    const { page, at, allow } = visitor
    allow(/status of 404 .*\/body/) // nothing was recorded: that is admin's answer
    await served(3)
    await logIn(visitor, '/logs')
    await rows(visitor).first().click()
    await page.waitForURL('**/logs?**id=**')
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Request id', { exact: true }).waitFor()
    await dialog.getByRole('heading', { name: 'Cost' }).waitFor()
    await dialog.getByRole('button', { name: 'Show what was recorded' }).click()
    await dialog.getByText('Nothing was recorded of this request.').waitFor()
    const link = page.url()
    await page.keyboard.press('Escape')
    await dialog.waitFor({ state: 'hidden' })
    await page.goto(link)
    await page.getByRole('dialog').getByText('Request id', { exact: true }).waitFor()
    expect(new URL(link).origin).toBe(at.admin_url)
  })

  test('filters stand in the URL and outlive a reload; Back closes what was opened', async ({ visitor }) => {
    const { page } = visitor
    await served(2)
    await logIn(visitor, '/logs?range=7d&stream=false')
    await rows(visitor).first().waitFor()
    await page.reload()
    await rows(visitor).first().waitFor()
    expect(page.url()).toContain('range=7d')
    expect(page.url()).toContain('stream=false')
    await rows(visitor).first().click()
    await page.getByRole('dialog').waitFor()
    await page.goBack()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(page.url()).toContain('stream=false')
  })

  test('nothing that matches says so, and leads back', async ({ visitor }) => {
    const { page } = visitor
    await served(1)
    await logIn(visitor, '/logs?model=nobody-asks-for-this')
    await page.getByText('No request matches these filters in this range.').waitFor()
    await page.getByRole('button', { name: 'Clear filters' }).last().click()
    await rows(visitor).first().waitFor()
    expect(page.url()).not.toContain('nobody-asks-for-this')
  })

  test('new requests wait behind a button while it is live', async ({ visitor }) => {
    const { page } = visitor
    await served(1)
    await logIn(visitor, '/logs')
    await rows(visitor).first().waitFor()
    const before = await rows(visitor).count()
    await page.getByRole('button', { name: 'Go on updating' }).click()
    await served(2)
    await page.getByRole('button', { name: '2 new' }).click()
    await expect.poll(() => rows(visitor).count()).toBe(Math.min(before + 2, 500))
  })

  test('older and newer walk the pages', async ({ visitor }) => {
    const { page } = visitor
    await served(25)
    await logIn(visitor, '/logs')
    await page.getByRole('combobox', { name: 'Rows' }).selectOption('20')
    await expect.poll(() => rows(visitor).count()).toBe(20)
    const older = page.waitForResponse((answer) => answer.url().includes('cursor='))
    await page.getByRole('button', { name: 'Older', exact: true }).click()
    await page.waitForURL('**cursor=**')
    expect(((await (await older).json()) as { data: unknown[] }).data.length).toBeGreaterThan(0)
    await expect.poll(() => page.getByRole('button', { name: 'Newest' }).isEnabled()).toBe(true)
    await page.getByRole('button', { name: 'Newer', exact: true }).click()
    await page.waitForURL((url) => !url.search.includes('cursor'))
  })

  test('finer filters are asked of the ledger, by links too, and lead on to a conversation', async ({ visitor }) => {
    const { page } = visitor
    await served(2)
    await logIn(visitor, '/logs?retried=false&source=request&cost_usd_min=0.0001')
    await rows(visitor).first().waitFor()
    await page.getByText('≥ $0.0001').waitFor()
    await page.getByText('Requests, before the finer filters').waitFor()
    await rows(visitor).first().click()
    await page.getByRole('dialog').locator('a[href*="session="]').click()
    await page.waitForURL('**session=**')
    await rows(visitor).first().waitFor()
    await page.goto(`${visitor.at.admin_url}/logs?latency_ms_min=3600000`)
    await page.getByText('No request matches these filters').waitFor()
  })

  test('columns are chosen, and stay chosen', async ({ visitor }) => {
    const { page } = visitor
    await served(1)
    await logIn(visitor, '/logs')
    await page.getByRole('columnheader', { name: 'Cost' }).waitFor()
    await page.getByRole('button', { name: 'Columns' }).click()
    await page.getByRole('checkbox', { name: 'Cost' }).uncheck()
    await page.getByRole('columnheader', { name: 'Cost' }).waitFor({ state: 'detached' })
    await page.reload()
    await rows(visitor).first().waitFor()
    expect(await page.getByRole('columnheader', { name: 'Cost' }).count()).toBe(0)
  })

  test('the export is the same filter', async ({ visitor }) => {
    const { page } = visitor
    await served(1)
    await logIn(visitor, '/logs?stream=false')
    await rows(visitor).first().waitFor()
    await page.getByRole('button', { name: 'Export' }).click()
    const file = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Download' }).click()
    expect((await file).url()).toContain('stream=false')
    await checkAccess(page)
  })
})

test('the ledger away is said on the page, which goes on with what it has', async ({ visitor }) => {
  const { page, allow } = visitor
  allow(/status of 503|status of 50/)
  await served(1)
  await logIn(visitor, '/logs')
  await rows(visitor).first().waitFor()
  await tell({ stop: 'usage' })
  try {
    await page.getByRole('radio', { name: '7 days' }).click()
    await page.getByRole('button', { name: 'Try again' }).first().waitFor()
    await screenshot(page, 'logs.away')
  } finally {
    await tell({ start: 'usage' })
  }
  // Admin finds the ledger again when its next try to connect is due.
  const again = page.getByRole('button', { name: 'Try again' }).first()
  await expect.poll(async () => (await again.isVisible()) && again.click({ timeout: 500 }).then(() => true, () => true), { timeout: 40_000, interval: 1_000 }).toBe(false)
})

test('a user sees neither accounts, nor attempts, nor others', async ({ visitor }) => {
  const { page, at } = visitor
  await served(1)
  const api = await Api.logIn(at)
  const who = { username: 'sees-little', password: 'correct horse battery' }
  const user = await api.make('/users', { ...who, limits: { usd_per_day: '10' } })
  try {
    await logInByHand(visitor, '/', who)
    await page.getByRole('heading', { name: 'Your limits' }).waitFor()
    await page.getByRole('link', { name: 'Create a key' }).waitFor()
    expect(await page.getByRole('link', { name: 'Add an account' }).count()).toBe(0)
    await checkAccess(page)
    await page.goto(`${at.admin_url}/logs`)
    await page.getByText('No requests in this range.').waitFor()
    expect(await page.getByRole('radio', { name: 'Mine' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Monitoring' }).count()).toBe(0)
    await checkWidth(page)
  } finally {
    await api.drop(`/users/${user.id}`)
  }
})

test('usage groups, splits, and leads to its requests', async ({ visitor }) => {
  const { page } = visitor
  await served(2)
  await logIn(visitor, '/usage')
  await rows(visitor).first().waitFor()
  await page.getByRole('radio', { name: 'Key' }).click()
  await page.waitForURL('**by=key**')
  await page.getByRole('columnheader', { name: 'Key', exact: true }).waitFor() // until then the rows are models
  await page.getByRole('button', { name: 'as table' }).click()
  await page.getByRole('button', { name: 'as chart' }).waitFor()
  await rows(visitor).first().click()
  await page.waitForURL('**/logs?**key_id=**')
  await rows(visitor).first().waitFor()
})

test('sums are taken along with the columns that are wanted', async ({ visitor }) => {
  const { page } = visitor
  await served(1)
  await logIn(visitor, '/usage?by=key')
  await rows(visitor).first().waitFor()
  await page.getByRole('button', { name: 'Export' }).click()
  const dialog = page.getByRole('dialog', { name: 'Export' })
  await dialog.getByText('reasoning_tokens', { exact: true }).click()
  await checkAccess(page)
  await screenshot(page, 'usage.export')
  const file = page.waitForEvent('download')
  await dialog.getByRole('button', { name: 'Download' }).click()
  const text = readFileSync(await (await file).path(), 'utf8')
  expect(text.split('\r\n')[0]).toBe('key_id,key_name,requests,errors,estimated_requests,cache_hits,input_tokens,cache_read_tokens,cache_write_5m_tokens,cache_write_1h_tokens,output_tokens,cost_usd')
  await dialog.getByRole('radio', { name: 'Requests' }).click()
  await page.getByRole('dialog').getByText('The same call').waitFor()
  const requests = page.waitForEvent('download')
  await page.getByRole('dialog').getByRole('button', { name: 'Download' }).click()
  expect(readFileSync(await (await requests).path(), 'utf8').split('\r\n').length).toBeGreaterThan(1)
})

describe('looks right in all tastes', () => {
  test('dashboard', async ({ browser }) => {
    await served(2)
    await look(browser, '/', 'dashboard', (page) => page.locator('.chart svg').first().waitFor())
  })

  test('logs', async ({ browser }) => {
    await look(browser, '/logs', 'logs', (page) => page.locator('tbody tr').first().waitFor())
  })

  test('usage', async ({ browser }) => {
    await look(browser, '/usage', 'usage', (page) => page.locator('.chart svg').first().waitFor())
  })

  test('reconciliation', async ({ browser }) => {
    await look(browser, '/usage?tab=reconcile', 'reconcile', (page) => page.locator('input[type=file]').waitFor())
  })
})
