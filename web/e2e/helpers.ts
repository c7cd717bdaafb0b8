import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { expect, inject, test as base } from 'vitest'
import type { Command, Installation } from './services'
import { checkTargets } from './targets'

// What journeys are written with: a page in Debian's Chromium that fails its test on any error in the
// console, on any request to another host, and on anything that a script threw.

const OUT = fileURLToPath(new URL('../out/', import.meta.url))
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const SHIFT_MAX = 0.1 // of the view, weighed by how far: what is called good

export type Theme = 'light' | 'dark'
export type Language = 'en' | 'zh'

export interface Taste {
  theme?: Theme
  language?: Language
  width?: number
  height?: number
  touch?: boolean // a finger instead of a mouse
}

export const installation = (): Installation => inject('installation')

// One service stopped or started, requests sent, log-ins ended: see services.ts.
export async function tell(command: Command) {
  if ('end_sessions' in command) session = null
  const answer = await fetch(inject('commands'), { method: 'POST', body: JSON.stringify(command) })
  if (!answer.ok) throw new Error(await answer.text())
}

// What a browser says of calls to a service that is being stopped: of those that were under way too.
export const AWAY = /ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_CONNECTION_CLOSED|ERR_EMPTY_RESPONSE|ERR_INCOMPLETE_CHUNKED|ERR_SOCKET_NOT_CONNECTED|status of 503|Failed to fetch/

// What went wrong on a page. Some journeys make things go wrong: those say what they expect.
class Watch {
  private readonly said: string[] = []
  private readonly allowed: RegExp[] = []

  constructor(page: Page, hosts: string[]) {
    page.on('pageerror', (error) => this.said.push(`threw ${error.message}`))
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.said.push(`${message.type()}: ${message.text()} ${message.location().url}`)
    })
    page.on('request', (request) => {
      const { protocol, origin } = new URL(request.url())
      if (!hosts.includes(origin) && protocol !== 'data:' && protocol !== 'blob:') this.said.push(`asked ${request.url()}`)
    })
  }

  allow(...expected: RegExp[]) {
    this.allowed.push(...expected)
  }

  wrong = () => this.said.filter((one) => !this.allowed.some((expected) => expected.test(one)))

  // What was to go wrong and did not is no journey of that. The browser may say it after the page has shown it.
  async check() {
    const missing = () => this.allowed.filter((expected) => !this.said.some((one) => expected.test(one)))
    await expect.poll(missing, { timeout: 5_000, message: 'went wrong' }).toEqual([])
    expect(this.wrong()).toEqual([])
  }
}

export interface Visit {
  page: Page
  at: Installation
  // What this journey makes go wrong.
  allow: (...expected: RegExp[]) => void
  // What has gone wrong so far without that.
  wrong: () => string[]
}

export async function openBrowser(): Promise<Browser> {
  const root = process.getuid?.() === 0
  return chromium.launch({
    executablePath: process.env.WEIR_CHROMIUM ?? '/usr/bin/chromium',
    args: [...(root ? ['--no-sandbox'] : []), '--disable-dev-shm-usage', '--force-color-profile=srgb'],
  })
}

async function openContext(browser: Browser, taste: Taste): Promise<BrowserContext> {
  const context = await browser.newContext({
    viewport: { width: taste.width ?? 1280, height: taste.height ?? 800 },
    locale: taste.language === 'zh' ? 'zh-CN' : 'en-US',
    timezoneId: 'Asia/Shanghai',
    colorScheme: taste.theme ?? 'light',
    reducedMotion: 'reduce',
    hasTouch: !!taste.touch,
  })
  context.setDefaultTimeout(20_000)
  return context
}

// What a journey saw when it failed: a timeout alone tells nothing of a run that nobody looked at.
async function tellSight(page: Page, wrong: string[]) {
  const seen = await page.evaluate('document.body.innerText').catch(() => '')
  process.stderr.write(`at ${page.url()}\nwent wrong: ${wrong.join('\n') || 'nothing'}\nseen: ${String(seen).slice(0, 2000)}\n`)
}

// visit(browser, at, taste, steps): a fresh context, closed and judged at its end.
export async function visit(browser: Browser, at: Installation, taste: Taste, steps: (visit: Visit) => Promise<void>) {
  const context = await openContext(browser, taste)
  try {
    const page = await context.newPage()
    const watch = new Watch(page, [at.admin_url, at.relay_url])
    try {
      await steps({ page, at, allow: (...expected) => watch.allow(...expected), wrong: watch.wrong })
    } catch (error) {
      await tellSight(page, watch.wrong())
      throw error
    }
    await watch.check()
  } finally {
    await context.close()
  }
}

interface Fixtures {
  browser: Browser
  taste: Taste
  visitor: Visit
}

// `visitor` is a visit of the journey's own; `test.extend({ taste: … })` for another size, language or theme.
export const test = base.extend<Fixtures>({
  browser: [
    // eslint-disable-next-line no-empty-pattern
    async ({}, use) => {
      const browser = await openBrowser()
      await use(browser)
      await browser.close()
    },
    { scope: 'file' },
  ],
  taste: {},
  visitor: async ({ browser, taste, task }, use) => {
    await visit(browser, installation(), taste, async (visitor) => {
      await use(visitor)
      if (task.result?.state === 'fail') await tellSight(visitor.page, visitor.wrong()) // `use` does not throw it
    })
  },
})

// The administrator's log-in, made once for a file of journeys: its cookies.
let session: { name: string; value: string }[] | null = null

async function sessionOf(at: Installation) {
  if (session) return session
  const { username, password } = at
  const answer = await fetch(`${at.admin_url}/api/v1/auth/login`, { method: 'POST', body: JSON.stringify({ username, password }) })
  if (!answer.ok) throw new Error(`log-in: ${answer.status} ${await answer.text()}`)
  return (session = answer.headers.getSetCookie().map((line) => {
    const [name, value] = line.split(';')[0]!.split('=') as [string, string]
    return { name, value }
  }))
}

// Opens the page at `path` as the administrator. Who logs out afterwards takes `logInByHand`.
export async function logIn({ page, at }: Visit, path = '/') {
  const cookies = await sessionOf(at)
  await page.context().addCookies(cookies.map((one) => ({ ...one, url: at.admin_url })))
  await page.goto(at.admin_url + path)
}

// The page's own question for the state of things, each ten seconds, is left unanswered: else it may be what finds
// a session ended, before the act that the journey is about. Before the page is opened.
export const withoutStatus = ({ page }: Visit) => page.route('**/api/v1/status', () => undefined)

export async function logInByHand({ page, at }: Visit, path = '/', who: { username: string; password: string } = at) {
  await page.goto(`${at.admin_url}/login?next=${encodeURIComponent(path)}`)
  await giveLogIn(page, who.username, who.password)
  await page.waitForURL((url) => url.pathname + url.search === path)
}

export async function giveLogIn(page: Page, username: string, password: string) {
  await page.fill('input[name=username]', username)
  await page.fill('input[name=password]', password)
  await page.click('button[type=submit]')
}

// Kept as artefacts, for eyes: out/accounts.dark.zh.png
export async function screenshot(page: Page, name: string) {
  mkdirSync(OUT, { recursive: true })
  await page.evaluate('document.fonts.ready.then(() => undefined)')
  const path = `${OUT}${name}.png`
  if (!(await page.evaluate("matchMedia('(pointer: coarse)').matches"))) return void (await page.screenshot({ path, fullPage: true, animations: 'disabled' }))
  // A picture of more than the view is taken as with a mouse: the view is made as high as the page instead.
  const view = page.viewportSize()!
  await page.setViewportSize({ ...view, height: Number(await page.evaluate('document.documentElement.scrollHeight')) })
  await page.screenshot({ path, animations: 'disabled' })
  await page.setViewportSize(view)
}

interface Violation {
  id: string
  impact: string | null
  help: string
  nodes: { target: unknown[]; failureSummary?: string }[]
}

// No serious or critical finding. By the debugger, which the page's policy does not bind.
export async function checkAccess(page: Page) {
  await page.evaluate(AXE)
  const violations = (await page.evaluate(
    "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
  )) as Violation[]
  const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
  expect(
    grave.map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.map((node) => `${String(node.target)} ${node.failureSummary ?? ''}`).join('\n  ')}`),
  ).toEqual([])
}

interface Width {
  what: string
  inside: number
  outside: number
}

// No text runs out of its place: neither the page itself nor a drawer or a dialog over it scrolls sideways.
export async function checkWidth(page: Page) {
  const widths = (await page.evaluate(`[
    { what: 'the page', inside: document.documentElement.scrollWidth, outside: window.innerWidth },
    ...[...document.querySelectorAll('.n-drawer-content, .n-drawer-body, .n-drawer-body-content-wrapper, .card.dialog')].map((box) => ({
      what: box.className, inside: box.scrollWidth, outside: box.clientWidth,
    })),
  ]`)) as Width[]
  expect(widths.filter(({ inside, outside }) => inside > outside)).toEqual([])
}

// Nothing moves under the pointer by itself: the sum that browsers call cumulative layout shift.
export async function checkShift(page: Page) {
  const shift = (await page.evaluate(`new Promise((resolve) => {
    new PerformanceObserver((list) => {
      resolve(list.getEntries().reduce((sum, entry) => sum + (entry.hadRecentInput ? 0 : entry.value), 0))
    }).observe({ type: 'layout-shift', buffered: true })
    setTimeout(() => resolve(0), 200)
  })`)) as number
  expect(shift).toBeLessThan(SHIFT_MAX)
}

export const TASTES: Taste[] = [
  { theme: 'light', language: 'en' },
  { theme: 'dark', language: 'zh' },
  { theme: 'light', language: 'zh', width: 390, height: 844, touch: true },
  { theme: 'dark', language: 'en', width: 390, height: 844, touch: true },
]

export const tasteName = ({ theme, language, width }: Taste) => [theme, language, width && 'phone'].filter(Boolean).join('.')

// The same path in both themes, both languages, wide and on a phone: judged and kept for eyes. `ready` waits
// for what the page is about.
export async function look(browser: Browser, path: string, name: string, ready: (page: Page) => Promise<unknown>) {
  for (const taste of TASTES) {
    await visit(browser, installation(), taste, async (one) => {
      await logIn(one, path)
      await ready(one.page)
      await checkShift(one.page) // before a picture, which makes the window larger
      await checkTargets(one.page, !!taste.touch)
      await screenshot(one.page, `${name}.${tasteName(taste)}`)
      await checkAccess(one.page)
      await checkWidth(one.page)
    })
  }
}

export { expect }
