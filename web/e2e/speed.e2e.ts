import { expect, installation, logIn, test, visit } from './helpers'
import { QUIET, quantile, spread, threadClock } from './measure'

// How soon somebody can work, on loopback: from the address to a list with rows that takes the keyboard.

const READY_MS_MAX = 1000
const COMPUTED_MS_MAX = 500 // of it; 220 to 240 are measured, the rest is the network's and admin's
const BYTES_MAX = 250 * 1024 // compressed, without headers
const ASKED_MAX = 5 // the site, who one is, the state, what names the page needs, its rows
const TRIES = 5

interface Cost {
  readyMs: number
  bytes: number
  asked: string[]
}

const COST = `(() => {
  const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]
  return {
    readyMs: performance.now(),
    bytes: entries.reduce((sum, entry) => sum + entry.encodedBodySize, 0),
    asked: entries.map(({ name }) => new URL(name).pathname).filter((path) => path.startsWith('/api/')),
  }
})()`

test('a first visit costs little, and is ready within a second', async ({ browser }) => {
  const computed: number[] = []
  const costs: Cost[] = []
  for (let i = 0; i < TRIES; i++) {
    // Each with an empty cache.
    await visit(browser, installation(), {}, async (one) => {
      const clock = await threadClock(one.page)
      await logIn(one, '/users')
      await one.page.locator('tbody tr').first().focus()
      costs.push((await one.page.evaluate(COST)) as Cost)
      computed.push(await clock())
    })
  }
  const ready = costs.map(({ readyMs }) => readyMs)
  process.stdout.write(`first visit: ready after ${spread(ready)} ms, ${spread(computed)} ms of them computed, ${costs[0]!.bytes} bytes\n`)
  for (const { bytes, asked } of costs) {
    expect(bytes).toBeGreaterThan(0)
    expect(bytes).toBeLessThan(BYTES_MAX)
    expect(asked.length, asked.join(' ')).toBeLessThanOrEqual(ASKED_MAX)
  }
  expect(quantile(computed, 0.5)).toBeGreaterThan(0)
  expect(quantile(computed, 0.5)).toBeLessThan(COMPUTED_MS_MAX)
  if (QUIET) expect(quantile(ready, 0.5)).toBeLessThan(READY_MS_MAX)
})
