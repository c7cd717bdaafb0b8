import { afterAll, beforeAll, describe } from 'vitest'
import { checkAccess, checkWidth, expect, screenshot, test, visit } from './helpers'
import { Services } from './services'

// From nothing to a first answer, in the page alone.

let services: Services
beforeAll(async () => {
  services = await Services.start({ empty: true })
})
afterAll(() => services.stop())

describe('set-up', () => {
  test('administrator, account, key, first streamed answer', async ({ browser }) => {
    await visit(browser, services.at, {}, async ({ page, at, allow }) => {
      allow(/status of 400/)
      await page.goto(at.admin_url)
      await page.waitForURL('**/setup')
      // The link that admin printed, opened where the page is already.
      await page.goto(`${at.admin_url}/setup#token=${at.setup_token}`)
      await page.fill('input[name=password]', 'password')
      await page.click('button[type=submit]')
      await page.getByText('everybody tries first').last().waitFor()
      await screenshot(page, 'setup.administrator')
      await checkAccess(page)
      await page.fill('input[name=password]', 'correct horse battery')
      await page.click('button[type=submit]')

      await page.getByText('An account at a provider').waitFor()
      await page.getByLabel('API key of the provider').fill('fake-key-401')
      await page.getByLabel('Address').fill(at.fake_url)
      await page.click('button[type=submit]')
      await page.getByText('The provider refused the credential.').waitFor()
      await checkAccess(page)
      await page.reload() // the account is there: it is mended, not made once more
      await expect.poll(() => page.getByLabel('Address').inputValue()).toBe(at.fake_url)
      await page.getByLabel('API key of the provider').fill('fake-key-pace=20')
      await page.click('button[type=submit]')
      await page.getByText(/answered in/).waitFor()
      await screenshot(page, 'setup.account')
      await page.getByRole('button', { name: 'Next' }).click()

      await page.reload() // goes on where it was
      await page.getByRole('button', { name: 'Create key' }).click()
      await page.getByText('This is the only time').waitFor()
      await page.getByRole('button', { name: 'Send a test request' }).click()
      await page.getByText(/answered in/).waitFor()
      await page.getByText(/\$0\.\d+/).first().waitFor() // out of the log
      await screenshot(page, 'setup.answer')
      await checkAccess(page)
      await page.setViewportSize({ width: 390, height: 844 })
      await checkWidth(page)

      await page.reload() // the key's text is gone, a token stands for it
      await page.getByRole('button', { name: 'Send a test request' }).click()
      await page.getByText(/answered in/).waitFor()
      await page.getByRole('button', { name: 'Open dashboard' }).click()
      await page.waitForURL(`${at.admin_url}/`)
      await page.goto(`${at.admin_url}/setup`)
      await page.waitForURL(`${at.admin_url}/`)
      expect(await page.evaluate("localStorage.getItem('weir.setup')")).toBeNull()
      expect(await page.evaluate("fetch('/api/v1/admin/accounts').then((answer) => answer.json()).then(({ total }) => total)")).toBe(1)
    })
  })
})
