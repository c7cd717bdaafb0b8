import { describe } from 'vitest'
import { expect, installation, logIn, test, visit, type Taste, type Visit } from './helpers'

// What all lists have in common: how high their rows are.

// Of rows with one line of text.
const lowest = ({ page }: Visit) => page.evaluate("Math.min(...[...document.querySelectorAll('tbody tr')].map((row) => row.getBoundingClientRect().height))")

async function open(one: Visit, path: string) {
  await logIn(one, path)
  await one.page.locator('tbody tr').first().waitFor()
}

describe('a row', () => {
  test('is 36 px high, 30 where the reader wants more of them, kept in the browser', async ({ visitor }) => {
    const { page } = visitor
    await open(visitor, '/models')
    expect(await lowest(visitor)).toBe(36)
    await logIn(visitor, '/profile/taste')
    await page.getByRole('radiogroup', { name: 'Rows of lists' }).getByRole('radio', { name: 'Compact' }).click()
    await open(visitor, '/models')
    expect(await lowest(visitor)).toBe(30)
    await open(visitor, '/prices')
    expect(await lowest(visitor)).toBe(30)
  })

  test('is 44 px high under a finger, whatever was chosen', async ({ browser }) => {
    const tablet: Taste = { touch: true }
    await visit(browser, installation(), tablet, async (one) => {
      await one.page.addInitScript("localStorage.setItem('weir.density', 'compact')")
      await open(one, '/models')
      expect(await lowest(one)).toBe(44)
    })
  })
})
