import { cpus, loadavg } from 'node:os'
import { expect, installation, logIn, test, visit } from './helpers'

// How soon somebody can work, on loopback: from the address to a list with rows that takes the keyboard.

const READY_MS_MAX = 1000
const TRIES = 5

test('a first visit is ready within a second', async ({ browser }) => {
  const took: number[] = []
  for (let i = 0; i < TRIES; i++) {
    // Each with an empty cache.
    await visit(browser, installation(), {}, async (one) => {
      await logIn(one, '/users')
      await one.page.locator('tbody tr').first().focus()
      took.push((await one.page.evaluate('performance.now()')) as number)
    })
  }
  const best = Math.min(...took)
  process.stdout.write(`ready after ${took.map((ms) => ms.toFixed(0)).join(', ')} ms\n`)
  // On a machine that does other things it is their speed that is measured.
  const spare = loadavg()[0]! < cpus().length * 1.5
  expect(best).toBeLessThan(spare ? READY_MS_MAX : READY_MS_MAX * 10)
})
