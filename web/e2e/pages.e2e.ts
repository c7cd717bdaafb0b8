import type { Page } from 'playwright-core'
import { describe } from 'vitest'
import { NAV } from '@/app/routes'
import { Api } from './api'
import { expect, installation, logInByHand, look, tell, test } from './helpers'

// Every page of the navigation, in all tastes, with something in it; and what those see who are no
// administrators.

const PASSWORD = 'correct horse'

async function settled(page: Page) {
  await page.locator('main h1').first().waitFor()
  await page.waitForLoadState('networkidle')
}

describe('each page looks right in all tastes', () => {
  test('with something to show', async () => {
    await tell({ requests: 15 })
  })
  for (const { path, title } of NAV) {
    test(path, { timeout: 120_000 }, async ({ browser }) => {
      await look(browser, path, title, settled)
    })
  }
})

describe('who is no administrator', () => {
  test('sees their own pages, and is told of the others', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const user = await api.make('/users', { username: 'plain-user', password: PASSWORD })
    try {
      await logInByHand(visitor, '/', { username: 'plain-user', password: PASSWORD })
      await page.getByRole('navigation').waitFor()
      for (const { path, adminOnly } of NAV) {
        expect(await page.locator(`nav section a[href="${path}"]`).count(), path).toBe(adminOnly ? 0 : 1)
      }
      const forbidden = NAV.find((entry) => entry.adminOnly)!
      await page.goto(at.admin_url + forbidden.path)
      await page.getByText('This page is for administrators.').waitFor()
      const own = await Api.logIn(installation(), 'plain-user', PASSWORD)
      await expect(own.call('GET', '/admin/accounts')).rejects.toThrow('403')
    } finally {
      await api.drop(`/users/${user.id}`)
    }
  })
})
