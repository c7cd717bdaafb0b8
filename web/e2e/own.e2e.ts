import { createHmac } from 'node:crypto'
import { describe } from 'vitest'
import { Api } from './api'
import { checkAccess, checkWidth, expect, giveLogIn, installation, logInByHand, look, screenshot, TASTES, tasteName, tell, test, visit } from './helpers'

// What is one's own: a key's usage without log-in, and the profile.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

// RFC 6238, as an authenticator app does it; `step` 1: the next code, since one counts once.
function codeOf(secret: string, step = 0): string {
  const bits = [...secret.replace(/[^A-Z2-7]/g, '')].map((letter) => ALPHABET.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + step))
  const hash = createHmac('sha1', Buffer.from(bits.match(/.{8}/g)!.map((byte) => parseInt(byte, 2)))).update(counter).digest()
  return String((hash.readUInt32BE(hash[19]! & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

describe('key usage', () => {
  test('a key shows its own figures to whoever holds it', async ({ browser }) => {
    await tell({ requests: 5 })
    for (const taste of TASTES) {
      await visit(browser, installation(), taste, async ({ page, at }) => {
        await page.goto(`${at.admin_url}/key-usage`)
        await page.fill('input[name=key]', at.api_key)
        await page.click('button[type=submit]')
        const { language } = taste
        const rowsOf = (name: string) => page.getByRole('region', { name }).locator('tbody tr')
        await rowsOf(language === 'zh' ? '最近的请求' : 'Last requests').first().waitFor()
        await rowsOf(language === 'zh' ? '按模型的用量' : 'Usage by model').first().waitFor()
        expect(page.url()).not.toContain(at.api_key)
        await screenshot(page, `key-usage.${tasteName(taste)}`)
        await checkAccess(page)
        await checkWidth(page)
      })
    }
  })

  test('a wrong key is said to be one', async ({ visitor }) => {
    visitor.allow(/status of 401 .*\/key-usage/)
    await visitor.page.goto(`${visitor.at.admin_url}/key-usage`)
    await visitor.page.fill('input[name=key]', 'ck_nobody')
    await visitor.page.click('button[type=submit]')
    await visitor.page.getByText('There is no such key').waitFor()
  })

  test('whose key is off is told so', async ({ visitor }) => {
    const { page, at, allow } = visitor
    allow(/status of 403 .*\/key-usage/)
    const api = await Api.logIn(at)
    const key = await api.make('/api-keys', { name: 'switched-off' })
    try {
      await api.call('POST', `/api-keys/${key.id}/disable`)
      await page.goto(`${at.admin_url}/key-usage`)
      await page.fill('input[name=key]', key.key as string)
      await page.click('button[type=submit]')
      await page.getByText('Requests with this key are refused: it is disabled.').waitFor()
    } finally {
      await api.drop(`/api-keys/${key.id}`)
    }
  })
})

describe('profile', () => {
  test('a second factor is set up, asked for at log-in, and taken off', async ({ visitor }) => {
    const { page, at, allow } = visitor
    allow(/status of 401 .*\/auth\/login/)
    const api = await Api.logIn(at)
    const who = { username: 'two-steps', password: 'correct horse' }
    const user = await api.make('/users', who)
    try {
      await logInByHand(visitor, '/profile/factor', who)
      await page.getByRole('button', { name: 'Set up' }).click()
      const secret = (await page.getByLabel('Secret for the app').textContent())!
      await page.getByRole('img', { name: 'QR code' }).waitFor()
      await page.getByLabel('Code of the app').fill(codeOf(secret))
      await page.getByRole('button', { name: 'Put in force' }).click()
      await page.getByText('Recovery codes: keep them now').waitFor()
      await checkAccess(page)
      await screenshot(page, 'profile.factor')
      await page.getByRole('button', { name: 'Download' }).click() // else leaving them is asked about
      await page.getByRole('button', { name: 'Your account' }).click()
      await page.getByRole('button', { name: 'Log out' }).click()
      await giveLogIn(page, who.username, who.password)
      await page.locator('input[name=code]').fill(codeOf(secret, 1))
      await page.click('button[type=submit]')
      await page.waitForURL(`${at.admin_url}/`)
      await page.goto(`${at.admin_url}/profile/factor`)
      await page.getByRole('button', { name: 'Take off' }).click()
      await page.getByRole('alertdialog').getByRole('button', { name: 'Take off' }).click()
      await page.getByText('Not set up').waitFor()
    } finally {
      await api.drop(`/users/${user.id}`)
    }
  })

  test.for(['', '/password', '/factor', '/sessions', '/taste'])('looks right in all tastes: profile%s', async (tab, { browser }) => {
    await look(browser, `/profile${tab}`, `profile${tab.replace('/', '.')}`, (page) => page.locator('.part > *').first().waitFor())
  })
})
