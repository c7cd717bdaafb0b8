import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe } from 'vitest'
import { Api, type Record } from './api'
import { checkWidth, expect, installation, logIn, test } from './helpers'

// Names that are markup, and names that are far too long: shown as they are, refused in words, never run.

const MARKUP = '<img src=x onerror="window.ran=1">'
const LONG = 'm'.repeat(10_000)

let api: Api
const made: string[] = []

async function make(path: string, body: object): Promise<Record> {
  const row = await api.make(path, body)
  made.push(`${path}/${row.id}`)
  return row
}

beforeAll(async () => {
  api = await Api.logIn(installation())
})
afterAll(async () => {
  for (const path of made.splice(0).reverse()) await api.drop(path).catch(() => undefined)
})

async function isHarmless(page: Page) {
  await page.getByText(MARKUP).first().waitFor()
  expect(await page.locator('main img, .n-drawer img').count()).toBe(0)
  expect(await page.evaluate('window.ran')).toBeUndefined()
  await checkWidth(page)
}

describe('a name that is markup', () => {
  const THINGS: [string, string, (n: string) => object, (id: number) => string][] = [
    ['group', '/groups', (name) => ({ name, remark: MARKUP }), (id) => `/groups?id=${id}`],
    ['user', '/users', (name) => ({ username: 'journey-markup', name, password: 'a long Password 1' }), (id) => `/users?id=${id}`],
    ['route', '/admin/models', (name) => ({ name, model: `${MARKUP}*`, upstream_model: MARKUP }), (id) => `/routes?id=${id}`],
    ['price', '/admin/prices', (name) => ({ provider: 'journey', model: name, aliases: [`${MARKUP}2`], input: '1', output: '2' }), () => `/prices?of=${encodeURIComponent(MARKUP)}&by=journey`],
    ['account', '/admin/accounts', (name) => ({ name, platform_type: 'claude', provider: 'journey', request_url: installation().fake_url, secret_key: 'sk', models: [MARKUP] }), (id) => `/accounts?id=${id}`],
  ]

  test.for(THINGS)('is shown as it is: %s', async ([, path, body, page], { visitor }) => {
    const { id } = await make(path, body(MARKUP))
    await logIn(visitor, page(id))
    await visitor.page.locator('.n-drawer').waitFor()
    await isHarmless(visitor.page)
    await visitor.page.goto(`${visitor.at.admin_url}${page(id).split('?')[0]}`)
    await isHarmless(visitor.page)
  })

  test('of a model, in the list, its drawer and what explains it', async ({ visitor }) => {
    const { page, at } = visitor
    await logIn(visitor, `/models?name=${encodeURIComponent(MARKUP)}`)
    await page.getByRole('row', { name: /onerror/ }).first().click()
    await page.locator('.n-drawer').waitFor()
    await isHarmless(page)
    const { data } = await api.call('GET', '/api-keys?limit=1')
    await page.goto(`${at.admin_url}/explain?key=${(data as Record[])[0]!.id}&model=${encodeURIComponent(MARKUP)}`)
    await isHarmless(page)
  })

  test('of the site', async ({ visitor }) => {
    await api.call('PATCH', '/admin/settings', { site_name: MARKUP })
    try {
      await logIn(visitor, '/settings/general')
      await isHarmless(visitor.page)
    } finally {
      await api.call('PATCH', '/admin/settings', { site_name: null })
    }
  })
})

describe('a model name of 10,000 characters', () => {
  test('is refused at its field', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 400/)
    await logIn(visitor, '/routes?add=true')
    await page.getByRole('textbox', { name: 'Model asked for' }).fill(LONG)
    await page.getByRole('textbox', { name: 'Model that serves' }).fill('claude-haiku-4-5')
    await page.getByRole('button', { name: 'Create' }).click()
    await page.locator('.n-drawer [role=alert]').first().waitFor()
    expect(await page.locator('.n-drawer [role=alert]').first().innerText()).toMatch(/bytes|characters/)
    await checkWidth(page)
  })

  test('is refused by the form of a price, at its field', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 400 .*\/prices/)
    await logIn(visitor, '/prices?add=true')
    const form = page.locator('.n-drawer form')
    const model = form.getByLabel('Model', { exact: true })
    await model.fill(LONG)
    await form.getByLabel('Provider', { exact: true }).fill('journey')
    for (const amount of ['Input', 'Output']) await form.getByLabel(amount, { exact: true }).fill('1')
    await form.locator('button[type=submit]').click()
    await expect.poll(() => model.getAttribute('aria-invalid')).toBe('true')
    expect(await form.getByRole('alert').first().innerText()).toMatch(/bytes|characters/)
    expect(await model.inputValue()).toBe(LONG)
    await checkWidth(page)
  })

  test('in the filter of the log is answered in words, and is taken away again', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 4\d\d/)
    await logIn(visitor, '/logs')
    const search = page.getByRole('searchbox').first()
    await search.fill(LONG)
    await page.locator('main').getByRole('alert').first().waitFor()
    await checkWidth(page)
    await search.fill('')
    await page.locator('main').getByRole('alert').first().waitFor({ state: 'detached' })
  })

  test('is refused by what explains, in words at its field', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 400 .*\/explain/)
    const { data } = await api.call('GET', '/api-keys?limit=1')
    await logIn(visitor, `/explain?key=${(data as Record[])[0]!.id}`)
    const model = page.getByLabel('Model', { exact: true })
    await model.fill(LONG)
    await page.getByRole('button', { name: 'Explain', exact: true }).click()
    await expect.poll(() => model.getAttribute('aria-invalid')).toBe('true')
    await page.locator('form').getByRole('alert').getByText('is no name of a model').waitFor()
    expect(await model.inputValue()).toBe(LONG)
    await checkWidth(page)
  })
})

describe('a conflict', () => {
  test('about a name that is taken is said in the form, which stays', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 409/)
    await make('/groups', { name: 'taken-name' })
    await logIn(visitor, '/groups?add=true')
    const form = page.locator('.n-drawer form')
    await form.getByLabel('Name', { exact: true }).fill('taken-name')
    await form.getByLabel('Remark', { exact: true }).fill('mine')
    await form.locator('button[type=submit]').click()
    await form.getByRole('alert').first().waitFor()
    expect(await form.getByLabel('Remark', { exact: true }).inputValue()).toBe('mine')
    await form.getByLabel('Name', { exact: true }).fill('free-name')
    await form.locator('button[type=submit]').click()
    await page.locator('.n-drawer').waitFor({ state: 'detached' })
    const { data } = await api.call('GET', '/groups?name=free-name')
    made.push(`/groups/${(data as Record[])[0]!.id}`)
  })

  test('of two who change one group shows both, by the names of the form', async ({ visitor }) => {
    const { page } = visitor
    visitor.allow(/status of 4(09|12)/)
    const { id } = await make('/groups', { name: 'two-hands-group' })
    await logIn(visitor, `/groups?id=${id}&tab=configuration`)
    const form = page.locator('.n-drawer form')
    await form.getByLabel('Price multiplier', { exact: true }).fill('2')
    await api.call('PATCH', `/groups/${id}`, { price_multiplier: '3', remark: 'theirs' })
    await form.locator('button[type=submit]').click()
    const row = form.getByRole('row', { name: /Price multiplier/ })
    await row.waitFor()
    expect(await row.getByRole('cell').allInnerTexts()).toEqual(['Price multiplier', '3', '2'])
    await form.getByRole('button', { name: 'Save mine over it' }).click()
    await page.locator('.n-drawer').waitFor({ state: 'detached' })
    expect(await api.call('GET', `/groups/${id}`)).toMatchObject({ price_multiplier: '2', remark: 'theirs' })
  })
})
