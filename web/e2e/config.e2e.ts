import { describe, onTestFinished } from 'vitest'
import { Api, type Record } from './api'
import { checkAccess, expect, logIn, logInByHand, look, screenshot, test } from './helpers'

// What is configured: prices, models and routes, settings, invites, users.

// Taken away again however the journey ends.
async function make(api: Api, path: string, body: object): Promise<Record> {
  const row = await api.make(path, body)
  onTestFinished(async () => void (await api.drop(`${path}/${row.id}`).catch(() => undefined)))
  return row
}

async function dropAll(api: Api, path: string, query = '', of: (row: Record) => boolean = () => true) {
  const { data } = await api.call('GET', `${path}${query}`)
  for (const row of (data as Record[]).filter(of)) await api.drop(`${path}/${row.id}`)
}

const LIST = 'provider,model,input,output\nanthropic,journey-model,1,2\nanthropic,claude-haiku-4-5,9,45\n'

describe('prices', () => {
  test('a list is compared, what looks like a mistake is not ticked, and the rest is taken over', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    onTestFinished(() => dropAll(api, '/admin/prices', '?model=journey-model'))
    await logIn(visitor, '/prices?import=true')
    await page.getByRole('textbox', { name: 'Or paste the list' }).fill(LIST)
    await page.getByRole('button', { name: 'Show the difference' }).click()
    await page.getByText('1 new · 1 changed').waitFor()
    await page.getByText('(+800 %)').first().waitFor()
    expect(await page.getByRole('checkbox', { name: /claude-haiku-4-5/ }).isChecked()).toBe(false)
    expect(await page.getByRole('checkbox', { name: /journey-model/ }).isChecked()).toBe(true)
    await page.getByRole('button', { name: 'Apply 1 change from now on' }).click()
    await page.getByText(/^Saved · revision/).waitFor()
    const { data } = await api.call('GET', '/admin/prices?model=journey-model')
    expect((data as Record[])[0]).toMatchObject({ input: '1', output: '2' })
  })

  test('the built-in list is compared as any other', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const { data } = await api.call('GET', '/admin/prices?model=claude-haiku-4-5')
    const price = (data as Record[]).find(({ model }) => model === 'claude-haiku-4-5')!
    const { provider, model, aliases, effective_from, input, output, cache_read, cache_write_5m, cache_write_1h } = price
    onTestFinished(async () => {
      const there = (await api.call('GET', '/admin/prices?model=claude-haiku-4-5')).data as Record[]
      if (!there.some((row) => row.model === model)) await api.make('/admin/prices', { provider, model, aliases, effective_from, input, output, cache_read, cache_write_5m, cache_write_1h })
    })
    await api.drop(`/admin/prices/${price.id}`)
    await logIn(visitor, '/prices?import=true')
    await page.getByRole('button', { name: 'Take the built-in list' }).click()
    expect(await page.getByRole('checkbox', { name: /^claude-haiku-4-5 / }).isChecked()).toBe(true)
    await page.getByText(/^1 new · 0 changed/).waitFor()
    await page.getByRole('button', { name: 'Apply 1 change from now on' }).click()
    await page.getByText(/^Saved · revision/).waitFor()
  })

  test('requests are rated again after their difference was seen', async ({ visitor }) => {
    const { page } = visitor
    await logIn(visitor, '/prices?rerate=true')
    await page.getByRole('button', { name: 'Work out the difference' }).click()
    await page.getByRole('heading', { name: 'Worked out · done' }).waitFor()
    await page.waitForURL(/run=\d+/)
    await page.reload()
    await page.getByRole('heading', { name: 'Worked out · done' }).waitFor()
  })

  test('look right in all tastes', async ({ browser }) => {
    await look(browser, '/prices', 'prices', (page) => page.locator('tbody tr').first().waitFor())
  })
})

describe('models and routes', () => {
  test('a route is made, moved by the keyboard, tried and deleted', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    onTestFinished(() => dropAll(api, '/admin/models'))
    const other = await api.make('/admin/models', { name: 'first <b>route</b>', model: 'claude-*', upstream_model: 'claude-haiku-4-5', position: 0 })
    await logIn(visitor, '/routes')
    await page.getByRole('button', { name: 'Add route' }).first().click()
    await page.getByRole('textbox', { name: 'Model asked for' }).fill('claude-opus-*')
    await page.getByRole('textbox', { name: 'Model that serves' }).fill('claude-sonnet-4-5')
    await page.getByRole('textbox', { name: 'Position' }).fill('10')
    await page.getByRole('button', { name: 'Create' }).click()
    const rows = page.locator('ol.routes > li')
    await rows.nth(1).getByText('claude-opus-*').waitFor()
    await rows.nth(1).focus()
    await page.keyboard.press('Alt+ArrowUp')
    await rows.nth(0).getByText('claude-opus-*').waitFor()
    expect(await rows.nth(0).evaluate((row) => row === document.activeElement)).toBe(true)
    await page.getByRole('button', { name: 'Try it' }).first().click()
    await page.getByRole('textbox', { name: 'Model asked for' }).fill('claude-opus-4-5')
    await page.getByRole('heading', { name: 'Takes the route claude-opus-*' }).waitFor()
    await page.goto(`${at.admin_url}/routes?id=${other.id}`)
    await page.getByRole('button', { name: 'Delete route' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete route' }).click()
    await rows.nth(1).waitFor({ state: 'detached' })
  })

  test('somebody who is no administrator sees models, and no page of the configuration', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    await make(api, '/users', { username: 'journey-config', email: 'config@example.com', password: 'a long Password 1' })
    await logInByHand(visitor, '/models', { username: 'journey-config', password: 'a long Password 1' })
    await page.getByRole('heading', { name: /Models/ }).waitFor()
    expect(await page.getByRole('link', { name: 'Prices' }).count()).toBe(0)
    expect(await page.getByRole('link', { name: 'Settings' }).count()).toBe(0)
    expect(await page.getByRole('columnheader', { name: 'Accounts' }).count()).toBe(0)
    await page.goto(`${at.admin_url}/settings`)
    await page.getByText('This page is for administrators.').waitFor()
  })

  test('somebody who is no administrator sees what the own group pays', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const group = await make(api, '/groups', { name: 'half-price', price_multiplier: '0.5' })
    await make(api, '/admin/accounts', { name: 'half-price', platform_type: 'claude', request_url: at.fake_url, secret_key: 'sk', group_ids: [group.id], models: ['claude-haiku-4-5', 'journey-unpriced'] })
    const who = { username: 'journey-models', password: 'a long Password 1' }
    await make(api, '/users', { ...who, group_id: group.id })
    await logInByHand(visitor, '/models', who)
    await page.getByText('half-price pays × 0.5').waitFor()
    await page.getByRole('row', { name: /journey-unpriced/ }).getByText('No price').waitFor()
    await checkAccess(page)
    await screenshot(page, 'models.user')
    await page.getByRole('row', { name: /claude-haiku-4-5/ }).getByText('$0.50 → $2.50').click()
    const drawer = page.locator('.n-drawer')
    await drawer.getByText('$0.05', { exact: true }).waitFor() // read from the cache
    expect(await drawer.getByRole('link', { name: /prices|account/i }).count()).toBe(0)
  })

  test('look right in all tastes', async ({ browser }) => {
    await look(browser, '/models', 'models', (page) => page.locator('tbody tr').first().waitFor())
    await look(browser, '/routes?try=true', 'routes', (page) => page.getByRole('dialog').waitFor())
  })
})

describe('settings', () => {
  test('a change is shown before it is saved, and somebody else’s is not overwritten unseen', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    visitor.allow(/status of 4(09|12)/)
    onTestFinished(async () => void (await api.call('PATCH', '/admin/settings', { session_life_ms: null })))
    await logIn(visitor, '/settings/log_in')
    await page.locator('[data-setting=session_life_ms] input').fill('3600000')
    await page.getByRole('button', { name: 'Show the difference' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('3600000 ms = 1 h').waitFor()
    await api.call('PATCH', '/admin/settings', { session_life_ms: 7_200_000 })
    await dialog.getByRole('button', { name: 'Save 1 change' }).click()
    await dialog.getByText('Somebody else has changed the settings meanwhile.').waitFor()
    await dialog.getByText('7200000 ms = 2 h').waitFor()
    await dialog.getByRole('button', { name: 'Save 1 change' }).click()
    await dialog.waitFor({ state: 'hidden' })
    expect(await api.call('GET', '/admin/settings')).toMatchObject({ session_life_ms: 3_600_000 })
  })

  test('what the server refuses is said at its setting', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 400/)
    await logIn(visitor, '/settings?q=webhook')
    await page.locator('[data-setting=alert_url] input').fill('nonsense')
    await page.getByRole('button', { name: 'Show the difference' }).click()
    await page.getByRole('button', { name: 'Save 1 change' }).click()
    await page.getByRole('button', { name: 'Back' }).click()
    await page.locator('[data-setting=alert_url]').getByText('must begin with https:// or http://').waitFor()
  })

  test('an invite’s code is shown once, and it is withdrawn', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    onTestFinished(() => dropAll(api, '/admin/invites', '', ({ name }) => String(name).startsWith('journey ')))
    await logIn(visitor, '/settings/invites?add=true')
    await page.getByRole('textbox', { name: 'Name' }).fill('journey <i>guest</i>')
    await page.getByRole('button', { name: 'Make invite' }).click()
    await page.getByText('This is the only time the code is shown.').waitFor()
    await page.getByRole('button', { name: 'Close', exact: true }).last().click()
    const row = page.getByRole('row', { name: 'journey <i>guest</i>' })
    await row.getByRole('button', { name: 'Withdraw invite' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Withdraw invite' }).click()
    await row.waitFor({ state: 'detached' })
  })

  test('look right in all tastes', async ({ browser }) => {
    await look(browser, '/settings/alerts', 'settings', (page) => page.locator('[data-setting=alert_url]').waitFor())
    await look(browser, '/settings/requests', 'settings.requests', (page) => page.locator('[data-setting=system_prompt]').waitFor())
  })
})

describe('users', () => {
  test('many are changed at once, no more than were seen', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    await Promise.all([1, 2, 3].map((n) => make(api, '/users', { username: `journey-many-${n}`, email: `many${n}@example.com`, password: 'a long Password 1' })))
    await logIn(visitor, '/users?username=journey-many')
    await page.getByRole('checkbox', { name: 'Select all on this page' }).check()
    await page.getByRole('button', { name: 'Disable', exact: true }).click()
    await page.getByRole('button', { name: 'Disable 3 users' }).click()
    await page.getByText(/^3 changed/).waitFor()
    await expect.poll(() => page.locator('tbody').getByText('Disabled').count()).toBe(3)
  })

  test('look right in all tastes', async ({ browser }) => {
    await look(browser, '/users?id=1', 'users', (page) => page.getByRole('heading', { name: /Identities|身份/ }).waitFor())
  })
})
