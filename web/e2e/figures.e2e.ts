import { onTestFinished } from 'vitest'
import { Api, type Record } from './api'
import { expect, logIn, look, tell, test, type Visit } from './helpers'

// What the console says in figures, held against what the services answer; and the two acts that change recorded
// requests.

interface Totals {
  requests: number
  errors: number
  cost_usd: string
}

const DAY_MS = 86_400_000
const totalsOf = async (api: Api, from: Date) =>
  ((await api.call('GET', `/usage/summary?by=model&from=${from.toISOString()}&to=${new Date().toISOString()}`)) as unknown as { totals: Totals }).totals
const ago = (days: number) => new Date(Date.now() - days * DAY_MS)
const tileOf = (visitor: Visit, label: string) => visitor.page.locator('.tile', { has: visitor.page.getByText(label, { exact: true }) })
// All of a figure, as the tile's title ends with it.
const exactly = async (visitor: Visit, label: string) => (await tileOf(visitor, label).getAttribute('title'))?.split(' · ').at(-1)?.replaceAll(',', '')

test('the dashboard’s figures are the ledger’s', async ({ visitor }) => {
  const { page, at } = visitor
  const api = await Api.logIn(at)
  await tell({ requests: 10 })
  await expect.poll(async () => (await totalsOf(api, ago(7))).requests).toBeGreaterThanOrEqual(10)
  await logIn(visitor, '/?range=7d')
  await page.locator('.tile').first().waitFor()
  // Both go on counting: what is shown catches up with what was asked just before.
  const { requests, errors, cost_usd } = await totalsOf(api, ago(7))
  const good = Math.floor(((requests - errors) / requests) * 1_000 + 1e-9) / 10
  const shown = async () => [await exactly(visitor, 'Requests'), await exactly(visitor, 'Cost'), await tileOf(visitor, 'Success').locator('.figure').textContent()]
  await expect.poll(shown).toEqual([String(requests), `$${cost_usd.replace(/\.?0+$/, '')}`, `${good} %`])
})

test('what failed is told by class over time, and adds up to what failed', async ({ visitor }) => {
  const { page, at } = visitor
  const api = await Api.logIn(at)
  await tell({ requests: 10 })
  await expect.poll(async () => (await totalsOf(api, ago(7))).errors, { timeout: 15_000 }).toBeGreaterThanOrEqual(2)
  await logIn(visitor, '/?range=7d')
  const chart = page.locator('.chart', { has: page.getByRole('heading', { name: 'Failed requests per day, by class' }) })
  await chart.waitFor()
  const classes = await chart.locator('.legend li').allTextContents()
  expect(classes.length).toBeGreaterThan(0)
  await chart.getByRole('button', { name: 'as table' }).click()
  expect((await chart.getByRole('columnheader').allTextContents()).slice(1)).toEqual(classes)
  const cells = await chart.getByRole('cell').allTextContents()
  const shown = cells.reduce((sum, cell) => sum + Number(cell.replaceAll(/\D/g, '')), 0)
  expect(shown).toBeGreaterThanOrEqual(2)
  expect(shown).toBeLessThanOrEqual((await totalsOf(api, ago(7))).errors)
})

test('how long answers took is told over time and spread, as the ledger has it', { timeout: 120_000 }, async ({ browser, visitor }) => {
  const { page, at } = visitor
  const api = await Api.logIn(at)
  await tell({ requests: 10 })
  const measured = async () => {
    const query = `bucket=day&from=${ago(7).toISOString()}&to=${new Date().toISOString()}`
    return ((await api.call('GET', `/usage/latency?${query}`)) as unknown as { latency: { measured: number } }).latency.measured
  }
  await expect.poll(measured, { timeout: 15_000 }).toBeGreaterThanOrEqual(5)
  await logIn(visitor, '/usage?range=7d&measure=latency')
  const lines = page.locator('.chart', { has: page.getByRole('heading', { name: 'Whole answer per day' }) })
  await lines.waitFor()
  expect(await lines.locator('.legend li').allTextContents()).toEqual(['p50', 'p95', 'p99'])
  await lines.getByRole('button', { name: 'as table' }).click()
  const days = await lines.locator('tbody tr').allTextContents()
  expect(days).toHaveLength(7)
  expect(days.at(-1)).toMatch(/\d+ (ms|s)/) // today
  const spread = page.locator('.chart', { has: page.getByRole('heading', { name: /answers are spread/ }) })
  await spread.getByRole('button', { name: 'as table' }).click()
  const counted = await spread.getByRole('cell').allTextContents()
  const shown = counted.reduce((sum, cell) => sum + Number(cell.replaceAll(/\D/g, '')), 0)
  expect(shown).toBeGreaterThanOrEqual(5)
  expect(shown).toBeLessThanOrEqual(await measured())
  await page.getByRole('radio', { name: 'First token' }).click()
  await page.getByRole('heading', { name: 'First token per day' }).waitFor()
  expect(page.url()).toContain('of=first_token')
  await look(browser, '/usage?range=7d&measure=latency', 'usage.latency', (seen) => seen.locator('.chart .area svg').nth(1).waitFor())
})

test('old requests are cleared once their number was seen and their day typed; the others stay', async ({ visitor }) => {
  const { page, at } = visitor
  const api = await Api.logIn(at)
  await tell({ requests: 1 })
  await logIn(visitor, '/logs')
  await page.locator('tbody tr[tabindex]').first().waitFor()
  await page.getByRole('button', { name: 'Clear…' }).click()
  const dialog = page.getByRole('alertdialog')
  const day = await dialog.locator('input[type=date]').inputValue()
  await dialog.getByText(new RegExp(`before ${day}.* for good`)).waitFor()
  const act = dialog.getByRole('button', { name: 'Delete requests' })
  expect(await act.isDisabled()).toBe(true)
  await dialog.getByLabel(`Type ${day} to go on`).fill(day)
  await expect.poll(() => act.isEnabled()).toBe(true)
  await dialog.locator('input[type=date]').fill('')
  await dialog.getByText('Choose a day').waitFor()
  expect(await act.isDisabled()).toBe(true)
  await dialog.locator('input[type=date]').fill(day)
  await dialog.getByLabel(`Type ${day} to go on`).fill(day)
  const { requests } = await totalsOf(api, ago(1))
  await act.click()
  await page.getByText(/requests? deleted/).waitFor()
  await dialog.waitFor({ state: 'detached' })
  await page.locator('tbody tr[tabindex]').first().waitFor()
  expect((await totalsOf(api, ago(1))).requests).toBeGreaterThanOrEqual(requests)
})

test('requests are rated by a price that was entered later, and their log says so', async ({ visitor }) => {
  const { page, at } = visitor
  const api = await Api.logIn(at)
  const model = 'claude-sonnet-4-5'
  await tell({ requests: 1 })
  const { data } = (await api.call('GET', `/admin/prices?model=${model}&limit=200&sort=-effective_from`)) as unknown as { data: Record[] }
  // A mistake is deleted, and the right price entered for its time.
  const wrong = data.find((price) => price.model === model)!
  const own = ['id', 'version', 'created_at', 'updated_at']
  const was = Object.fromEntries(Object.entries(wrong).filter(([name]) => !own.includes(name)))
  await api.drop(`/admin/prices/${wrong.id}`)
  const right = await api.make('/admin/prices', { provider: wrong.provider, model, input: '77', output: '770', effective_from: wrong.effective_from })
  onTestFinished(async () => {
    await api.drop(`/admin/prices/${right.id}`)
    await api.make('/admin/prices', was)
  })
  await logIn(visitor, '/prices?rerate=true')
  await page.getByLabel('Only these models').fill(model)
  await page.getByRole('button', { name: 'Work out the difference' }).click()
  await page.getByRole('heading', { name: 'Worked out · done' }).waitFor()
  const write = page.getByRole('button', { name: /^Correct \d+ requests?$/ })
  await write.click()
  await page.getByRole('alertdialog').getByText(/then show the cost with the difference of/).waitFor()
  await page.getByRole('alertdialog').getByRole('button', { name: /^Correct/ }).click()
  await page.getByRole('heading', { name: 'Written · done' }).waitFor()
  await logIn(visitor, `/logs?model=${model}`)
  await page.locator('tbody tr[tabindex]').first().click()
  await page.getByRole('dialog').getByText('Rated again').first().waitFor()
})
