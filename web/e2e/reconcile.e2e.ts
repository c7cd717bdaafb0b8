import type { Page } from 'playwright-core'
import { describe } from 'vitest'
import { Api } from './api'
import { checkAccess, checkWidth, expect, installation, logIn, screenshot, tell, test } from './helpers'

// A provider's export against the ledger, from a file.

const COUNTS = ['requests', 'input_tokens', 'output_tokens', 'cache_read_tokens', 'cache_write_5m_tokens', 'cache_write_1h_tokens'] as const
const HEAD = ['day', 'model', ...COUNTS].join()

interface Compared {
  day: string
  model: string
  match: string
  ledger: { [count in (typeof COUNTS)[number]]: number }
}

const lineOf = ({ day, model, ledger }: Compared, more = 0) =>
  [day, model, ...COUNTS.map((name) => ledger[name] + (name === 'output_tokens' ? more : 0))].join()

// What the ledger has of today, as a provider that counted alike would export it.
async function fromLedger(): Promise<Compared[]> {
  const api = await Api.logIn(installation())
  const other = `${HEAD}\n${new Date().toISOString().slice(0, 10)},no-such-model,1,2,3,0,0,0\n`
  const { data } = await api.send('POST', '/admin/reconcile?show=all', 'text/csv', other)
  return (data as Compared[]).filter(({ match }) => match === 'only_in_ledger')
}

const give = (page: Page, name: string, ...lines: string[]) =>
  page.locator('input[type=file]').setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from([HEAD, ...lines, ''].join('\n')) })

describe('reconciling', () => {
  test('a file is compared: what agrees, what differs, what only one of them has', async ({ visitor }) => {
    const { page } = visitor
    await tell({ requests: 3 })
    await expect.poll(async () => (await fromLedger()).length).toBeGreaterThan(0)
    const known = await fromLedger()
    await logIn(visitor, '/usage?tab=reconcile')
    await give(page, 'agrees.csv', ...known.map((row) => lineOf(row)))
    await page.getByText('The file and the ledger agree.').waitFor()
    await page.getByRole('radio', { name: 'All' }).click()
    await expect.poll(() => page.getByRole('row').getByText('same').count()).toBe(known.length)

    await give(page, 'differs.csv', lineOf(known[0]!, 10), `${known[0]!.day},<b>only-theirs</b>,1,2,3,0,0,0`)
    await page.getByRole('row').filter({ hasText: '(−10)' }).getByText('differs').waitFor()
    await page.getByRole('row').filter({ hasText: '<b>only-theirs</b>' }).getByText('only in the file').waitFor()
    await checkAccess(page)
    await checkWidth(page)
    await screenshot(page, 'reconcile.differs')
  })

  test('a file that cannot be read says where', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 400 .*\/reconcile/)
    await logIn(visitor, '/usage?tab=reconcile')
    await give(page, 'broken.csv', '2026-01-01,m,1,2,x,0,0,0')
    await page.getByRole('alert').getByText(/line 2, column output_tokens/).waitFor()
    await give(page, 'short.csv', '2026-01-01,m,1,2')
    await expect.poll(() => page.getByRole('alert').innerText()).toMatch(/line 2/)
    expect(await page.getByRole('alert').innerText()).not.toMatch(/output_tokens/)
  })
})
