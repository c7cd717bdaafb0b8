import { describe } from 'vitest'
import { checkTargets } from './targets'
import { checkAccess, checkShift, checkWidth, expect, installation, logIn, test, visit, type Visit } from './helpers'

// That the checks of all other journeys find what they are for, and that the page's policy holds.

const ADD = (html: string) => `document.querySelector('main').insertAdjacentHTML('afterbegin', ${JSON.stringify(html)})`

async function openUsers(one: Visit) {
  await logIn(one, '/users')
  await one.page.locator('tbody tr').first().waitFor()
}

test('a page that is hard to see, too wide or restless is found', async ({ visitor }) => {
  const { page } = visitor
  await openUsers(visitor)
  // What moves within half a second of somebody's doing is theirs.
  await page.waitForTimeout(600)
  await page.evaluate(ADD('<div style="height: 300px"></div>'))
  // Seen with the next frame, whenever that is.
  const found = () => checkShift(page).then(() => '', (failure: Error) => failure.message)
  await expect.poll(found, { timeout: 10_000 }).toContain('to be less than')
  await page.evaluate(ADD('<p style="color: #eee; background: #fff">faint</p>'))
  await expect(checkAccess(page)).rejects.toThrow('to deeply equal []')
  await page.evaluate(ADD('<div class="card dialog" style="width: 200px; overflow: auto"><div style="width: 300px">wide</div></div>'))
  await expect(checkWidth(page)).rejects.toThrow("what: 'card dialog'")
  await page.evaluate(ADD('<div style="width: 3000px">wide</div>'))
  await expect(checkWidth(page)).rejects.toThrow("what: 'the page'")
})

test('what is too small to press is found, and what stands in a text is not', async ({ visitor }) => {
  const { page } = visitor
  await openUsers(visitor)
  await checkTargets(page, false)
  await page.evaluate(ADD('<p>As <a href="/users">the users</a> are.</p>'))
  await checkTargets(page, false)
  await expect(checkTargets(page, true)).rejects.toThrow('to deeply equal []')
  await page.evaluate(ADD('<button style="height: 20px; min-height: 0">small</button>'))
  await expect(checkTargets(page, false)).rejects.toThrow('to deeply equal []')
})

describe('a page fails its test', () => {
  const WRONG: Record<string, string> = {
    'when a script throws': 'setTimeout(() => { throw new Error("thrown") })',
    'when an error is logged': 'console.error("logged")',
    'when it asks another host': 'void fetch("https://example.com/").catch(() => 0)',
    'when it shows what another host has': 'document.body.append(Object.assign(new Image(), { src: "https://example.com/x.png" }))',
    'when a script stands in it': 'document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 1" }))',
    'when text is run as a script': 'setTimeout("window.ran = 1")',
  }
  for (const [when, script] of Object.entries(WRONG)) {
    test(when, async ({ browser }) => {
      const failing = visit(browser, installation(), {}, async (one) => {
        await openUsers(one)
        await one.page.evaluate(script)
        await expect.poll(one.wrong, { timeout: 10_000 }).not.toEqual([])
        expect(await one.page.evaluate('window.ran')).toBeUndefined()
      })
      await expect(failing).rejects.toThrow('to deeply equal []')
    })
  }
})
