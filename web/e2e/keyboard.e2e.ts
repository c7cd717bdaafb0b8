import { describe } from 'vitest'
import { Api } from './api'
import { expect, logIn, tell, test, type Visit } from './helpers'

// Whole ways without a mouse.

const focused = ({ page }: Visit) => page.evaluate('document.activeElement?.closest("tr")?.rowIndex ?? -1')
const keys = async ({ page }: Visit, ...names: string[]) => {
  for (const name of names) await page.keyboard.press(name)
}

describe('by the keyboard alone', () => {
  test('to the log, down its rows, into a request, to the next, and back out', async ({ visitor }) => {
    const { page, at } = visitor
    await tell({ requests: 3 })
    await logIn(visitor)
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor()
    await keys(visitor, 'g', 'l')
    await page.waitForURL(`${at.admin_url}/logs`)
    await expect.poll(() => page.locator('tbody tr').count()).toBeGreaterThan(2)
    await keys(visitor, 'j')
    expect(await focused(visitor)).toBe(1)
    await keys(visitor, 'j', 'j', 'k')
    expect(await focused(visitor)).toBe(2)
    await keys(visitor, 'Enter')
    await page.waitForURL('**id=**')
    const dialog = page.getByRole('dialog')
    await dialog.getByRole('heading', { level: 2 }).waitFor()
    const first = new URL(page.url()).searchParams.get('id')
    await keys(visitor, 'j')
    await expect.poll(() => new URL(page.url()).searchParams.get('id')).not.toBe(first)
    await keys(visitor, 'Escape')
    await page.waitForURL((url) => !url.searchParams.has('id'))
    await dialog.waitFor({ state: 'hidden' })
    await keys(visitor, 'j')
    await expect.poll(() => focused(visitor)).toBeGreaterThan(0)
    const again = page.waitForRequest(/\/api\/v1\/admin\/logs\?/)
    await keys(visitor, 'r')
    await again
  })

  test('an act is begun by its name', async ({ visitor }) => {
    const { page, at } = visitor
    await logIn(visitor)
    await page.getByRole('heading', { name: 'Dashboard' }).waitFor()
    await keys(visitor, 'Control+k')
    const field = page.getByRole('combobox', { name: /A page, an act/ })
    await field.fill('add acc')
    await page.getByRole('option', { name: /Add account/ }).waitFor()
    await keys(visitor, 'Enter')
    await page.waitForURL(`${at.admin_url}/accounts?add=true`)
    await page.getByRole('dialog').getByLabel('Address', { exact: true }).waitFor()
  })

  test('one’s own menu and the columns are entered, and left by Esc', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, '/users')
    for (const [name, within] of [[/Your account$/, 'a[href="/profile"]'], ['Columns', 'input[type=checkbox]']] as const) {
      const button = page.getByRole('button', { name })
      await button.focus()
      await keys(visitor, 'Enter')
      await expect.poll(() => page.evaluate(`document.activeElement?.matches('${within}')`)).toBe(true)
      expect(await button.getAttribute('aria-expanded')).toBe('true')
      await keys(visitor, 'Escape')
      await page.locator('.n-popover').waitFor({ state: 'hidden' })
      await expect.poll(() => button.evaluate((one) => one === document.activeElement)).toBe(true)
    }
  })

  test('a key is found, opened by e, renamed and saved', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const { id } = await api.make('/api-keys', { name: 'by-hand-no-mouse' })
    try {
      await logIn(visitor, '/keys')
      await page.locator('tbody tr').first().waitFor()
      await keys(visitor, '/')
      await page.keyboard.type('by-hand-no-mouse')
      await page.waitForURL('**name=by-hand**')
      await expect.poll(() => page.locator('tbody tr').count()).toBe(1)
      await keys(visitor, 'Tab') // out of the field: single keys are letters in it
      await page.evaluate('document.activeElement.blur()')
      await keys(visitor, 'j', 'e')
      await page.waitForURL(`**id=${id}`)
      const name = page.getByLabel('Name', { exact: true })
      await name.waitFor()
      const field = await name.getAttribute('id')
      for (let i = 0; i < 40 && (await page.evaluate('document.activeElement.id')) !== field; i++) await keys(visitor, 'Tab')
      await keys(visitor, 'End')
      await page.keyboard.type('-2')
      await keys(visitor, 'Enter')
      await page.locator('tbody').getByText('by-hand-no-mouse-2').waitFor()
    } finally {
      await api.drop(`/api-keys/${id}`)
    }
  })
})
