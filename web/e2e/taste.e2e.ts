import { expect, logIn, screenshot, tell, test } from './helpers'

// What a reader chooses for their own eyes, beside theme and language.

const STRIPES = "document.querySelectorAll('.chart svg pattern').length"

test('charts have patterns for who asks for them, and on paper', async ({ visitor }) => {
  const { page } = visitor
  await tell({ requests: 5 })
  await logIn(visitor, '/usage')
  await page.locator('.chart svg').first().waitFor()
  const plain = await page.evaluate(STRIPES)
  await page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
  await expect.poll(() => page.evaluate(STRIPES)).toBeGreaterThan(Number(plain))
  await page.evaluate("window.dispatchEvent(new Event('afterprint'))")
  await expect.poll(() => page.evaluate(STRIPES)).toBe(plain)
  await logIn(visitor, '/profile/taste')
  await page.getByText('Charts have patterns beside colours').click()
  await logIn(visitor, '/usage')
  await expect.poll(() => page.evaluate(STRIPES)).toBeGreaterThan(Number(plain))
  await screenshot(page, 'usage.patterns')
})
