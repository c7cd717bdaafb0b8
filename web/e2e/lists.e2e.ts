import { describe } from 'vitest'
import { Api } from './api'
import { checkAccess, checkWidth, expect, installation, logIn, screenshot, test, visit, type Taste, type Visit } from './helpers'

// What all lists have in common: how high their rows are, and what of them stays in sight.

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

const box = (selector: string) => `(() => { const { left, right, top, bottom } = document.querySelector('${selector}').getBoundingClientRect(); return { left, right, top, bottom } })()`
const placeOf = ({ page }: Visit, selector: string) => page.evaluate(box(selector)) as Promise<{ left: number; right: number; top: number; bottom: number }>

describe('the head of a table', () => {
  test('stays below the top bar while the page scrolls', async ({ visitor }) => {
    const { page } = visitor
    await open(visitor, '/prices')
    await page.locator('.scroll.fits').waitFor()
    await page.locator('tbody tr').nth(30).scrollIntoViewIfNeeded()
    expect(await page.evaluate('window.scrollY')).toBeGreaterThan(300)
    const [bar, head] = [await placeOf(visitor, 'header.top'), await placeOf(visitor, 'thead th')]
    expect(head.top).toBeCloseTo(bar.bottom, 0)
    await screenshot(page, 'prices.scrolled')
  })

  test('leaves in sight what the keyboard goes to', async ({ visitor }) => {
    const { page } = visitor
    await open(visitor, '/prices')
    await page.locator('.scroll.fits').waitFor()
    await page.locator('tbody tr').nth(30).focus()
    for (let i = 0; i < 28; i++) await page.keyboard.press('k')
    const [head, row] = [await placeOf(visitor, 'thead th'), await placeOf(visitor, 'tbody tr:focus')]
    expect(row.top).toBeGreaterThanOrEqual(head.bottom - 1)
  })
})

describe('a table that is wider than the page', () => {
  // What each of its rows is about on the left, its acts on the right; the page itself never scrolls sideways.
  const ends = async (one: Visit) => {
    await one.page.locator('.scroll.sideways').waitFor()
    const at = async () => ({ first: (await placeOf(one, 'tbody .first')).left, box: await placeOf(one, '.scroll') })
    const before = await at()
    await one.page.evaluate("document.querySelector('.scroll').scrollLeft = 1e6")
    expect(await one.page.evaluate("document.querySelector('.scroll').scrollLeft")).toBeGreaterThan(10)
    return { before, after: await at() }
  }

  test('keeps the first column', async ({ browser }) => {
    await visit(browser, installation(), { width: 1030 }, async (one) => {
      await open(one, '/monitoring')
      const { before, after } = await ends(one)
      expect(after).toEqual(before)
      await checkWidth(one.page)
      await screenshot(one.page, 'monitoring.sideways')
    })
  })

  test('keeps ticks, names, acts and the head of a list', async ({ browser }) => {
    await visit(browser, installation(), { width: 860, height: 420, theme: 'dark' }, async (one) => {
      const api = await Api.logIn(one.at)
      const made = []
      for (let i = 0; i < 12; i++) made.push(await api.make('/admin/accounts', { name: `wide-${i}`, platform_type: 'claude', request_url: one.at.fake_url, secret_key: 'sk-fake', models: ['no-such-model'] }))
      try {
        // All that a reader can ask for.
        await one.page.addInitScript("localStorage.setItem('weir.columns.accounts', '{\"windows\":true,\"first_token\":true,\"groups\":true,\"used\":true}')")
        await open(one, '/accounts')
        const { before, after } = await ends(one)
        expect(after).toEqual(before)
        await one.page.locator('tbody tr').nth(8).focus()
        const [place, tick, first, acts, head] = await Promise.all(['.scroll', 'tbody .tick', 'tbody .first', 'tbody .acts', 'thead .first'].map((part) => placeOf(one, part)))
        expect([first!.left >= tick!.right - 1, acts!.right <= place!.right, Math.round(head!.top - place!.top)]).toEqual([true, true, 0])
        await checkWidth(one.page)
        await checkAccess(one.page)
        await screenshot(one.page, 'accounts.sideways')
      } finally {
        for (const { id } of made) await api.drop(`/admin/accounts/${id}`)
      }
    })
  })
})
