import type { Locator } from 'playwright-core'
import { describe } from 'vitest'
import { expect, logIn, test as base } from './helpers'
import { checkTargets } from './targets'

// The menu of a phone: the keyboard goes into it, stays in it, and comes back.

const test = base.extend({ taste: { width: 390, height: 844, touch: true } })
const FOCUSED = 'document.activeElement?.closest("nav") !== null'

describe('the menu of a phone', () => {
  test('takes the keyboard, and gives it back', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, '/groups')
    const button = page.getByRole('button', { name: 'Menu' })
    await button.click()
    await expect.poll(() => page.evaluate(FOCUSED)).toBe(true)
    await expect.poll(() => page.evaluate('document.activeElement.getAttribute("href")')).toBe('/groups')
    for (let i = 0; i < 40; i += 1) {
      await page.keyboard.press('Tab')
      expect(await page.evaluate(`${FOCUSED} || document.activeElement === document.body || document.activeElement.className === 'skip'`)).toBe(true)
    }
    await page.keyboard.press('Escape')
    await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('menu-button')
  })

  test('leads to a page, where the reader begins', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, '/groups')
    await page.getByRole('button', { name: 'Menu' }).click()
    await page.getByRole('link', { name: 'Users' }).click()
    await page.getByRole('heading', { name: /^Users/ }).waitFor()
    await expect.poll(() => page.evaluate('document.activeElement?.id')).toBe('content')
    await page.getByRole('button', { name: 'Add user' }).click()
    await page.locator('.n-drawer').waitFor()
  })
})

describe('what opens over a page of a phone', () => {
  test('has room for a finger: the menu, the palette, one’s own, a row’s acts, a filter', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, '/accounts')
    await page.locator('tbody tr').first().waitFor()
    const opened = async (name: string | RegExp, shown: string, close: (button: Locator) => Promise<void>) => {
      const button = page.getByRole('button', { name }).first()
      await button.click()
      await page.locator(shown).first().waitFor()
      await checkTargets(page, true)
      await close(button)
      await page.locator(shown).first().waitFor({ state: 'hidden' })
    }
    const byKey = () => page.keyboard.press('Escape')
    const again = (button: Locator) => button.click()
    await opened('Menu', 'nav.open', byKey)
    await opened(/^Go to/, '#palette-list li', byKey)
    await opened(/Your account$/, '.panel', again)
    await opened(/^More acts for/, '.n-dropdown-option', again)
    await opened('Columns', 'fieldset label', again)
    await page.locator('.n-base-selection').first().click()
    await page.locator('.n-base-select-option').first().waitFor()
    await checkTargets(page, true)
  })
})
