import { describe } from 'vitest'
import { Api } from './api'
import { AWAY, checkAccess, expect, giveLogIn, logIn, logInByHand, look, screenshot, tell, test, withoutStatus } from './helpers'

// The way in and out, and what a session's end does to an open page.

describe('log-in', () => {
  test('a link deep into the console leads through the log-in, and answers after a reload', async ({ visitor }) => {
    const { page, at } = visitor
    await page.goto(`${at.admin_url}/users?role=admin`)
    await page.waitForURL('**/login?next=**')
    await giveLogIn(page, at.username, at.password)
    await page.waitForURL('**/users?role=admin')
    await page.getByRole('heading', { name: 'Users' }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: 'Users' }).waitFor()
    expect(new URL(page.url()).search).toBe('?role=admin')
  })

  test('a wrong password says so, and nothing more', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/status of 401 .*\/auth\/login/)
    await page.goto(at.admin_url)
    await giveLogIn(page, at.username, 'not the password')
    await page.getByRole('alert').getByText('User name or password is wrong.').waitFor()
    await giveLogIn(page, 'nobody-of-this-name', 'not the password')
    await page.getByRole('alert').getByText('User name or password is wrong.').waitFor()
    expect(new URL(page.url()).pathname).toBe('/login')
  })

  test('logs in, and out again', async ({ visitor }) => {
    const { page, at } = visitor
    await logInByHand(visitor)
    await page.getByRole('button', { name: 'Your account' }).click()
    await page.getByRole('button', { name: 'Log out' }).click()
    await page.waitForURL('**/login')
    await page.goto(`${at.admin_url}/users`)
    await page.waitForURL('**/login?next=**')
  })

  test('a way to another site is not gone', async ({ visitor }) => {
    const { page, at } = visitor
    await page.goto(`${at.admin_url}/login?next=${encodeURIComponent('//evil.example.com/')}`)
    await giveLogIn(page, at.username, at.password)
    await page.waitForURL(`${at.admin_url}/`)
  })

  test('a session that ends is taken up again over the page', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/status of 401 /)
    await withoutStatus(visitor)
    await logIn(visitor, '/users')
    await page.locator('tbody tr').first().waitFor()
    await tell({ end_sessions: true })
    await page.getByRole('searchbox').fill(at.username)
    const dialog = page.getByRole('dialog')
    await dialog.getByText('Your session has ended').waitFor()
    await checkAccess(page)
    await screenshot(page, 'login.again')
    await dialog.locator('input[name=password]').fill(at.password)
    await dialog.locator('button[type=submit]').click()
    await dialog.waitFor({ state: 'hidden' })
    await page.waitForURL(`**/users?username=${at.username}`)
    await page.locator('tbody tr').first().waitFor()
  })

  test('admin away is said, and found again', async ({ visitor }) => {
    const { page, allow } = visitor
    allow(AWAY)
    await logIn(visitor, '/users')
    await page.locator('tbody tr').first().waitFor()
    await tell({ stop: 'admin' })
    try {
      await page.getByRole('searchbox').fill('someone')
      await page.getByRole('button', { name: 'Try again' }).first().waitFor()
      await screenshot(page, 'admin.away')
    } finally {
      await tell({ start: 'admin' })
    }
    await page.getByRole('button', { name: 'Try again' }).first().click()
    await page.getByRole('button', { name: 'Try again' }).first().waitFor({ state: 'hidden' })
  })
})

describe('what others wrote', () => {
  test('a name with HTML in it is a name', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const name = '<img src=x onerror="window.ran=1"><b>bold</b>{{7*7}}'
    const user = await api.make('/users', { username: 'html-in-a-name', name, password: 'correct horse' })
    try {
      await logIn(visitor, '/users?username=html-in-a-name')
      await page.getByText(name, { exact: true }).first().waitFor()
      await page.goto(`${at.admin_url}/users?id=${user.id}`)
      await page.getByRole('dialog').first().waitFor()
      expect(await page.evaluate('window.ran')).toBeUndefined()
    } finally {
      await api.drop(`/users/${user.id}`)
    }
  })
})

test('users look right in all tastes', async ({ browser }) => {
  await look(browser, '/users', 'users', (page) => page.locator('tbody tr').first().waitFor())
})
