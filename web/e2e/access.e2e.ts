import { describe, onTestFinished } from 'vitest'
import { Api, type Record } from './api'
import { checkAccess, checkWidth, expect, giveLogIn, installation, logIn, logInByHand, screenshot, tell, test, visit, withoutStatus } from './helpers'

// Who comes in: by registering, by an invite, by a log-in provider; who is made and raised by hand.

const PASSWORD = 'correct horse battery'

async function withSettings(change: { [name: string]: unknown }): Promise<Api> {
  const api = await Api.logIn(installation())
  const settings = await api.call('GET', '/admin/settings')
  const before = Object.fromEntries(Object.keys(change).map((name) => [name, settings[name]]))
  await api.call('PATCH', '/admin/settings', change)
  onTestFinished(async () => {
    const again = await Api.logIn(installation()) // the first log-in may be over
    await again.call('PATCH', '/admin/settings', before)
  })
  return api
}

async function userOf(api: Api, username: string): Promise<Record | undefined> {
  const { data } = await api.call('GET', `/users?username=${username}`)
  return (data as Record[]).find((row) => row.username === username)
}

function dropUserAfter(username: string) {
  onTestFinished(async () => {
    const api = await Api.logIn(installation())
    const user = await userOf(api, username)
    if (user) await api.drop(`/users/${user.id}`)
  })
}

describe('registering', () => {
  test('where it is open: who has filled it in is in, as a plain user', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/status of 400 .*\/auth\/register/)
    const api = await withSettings({ registration: 'open' })
    dropUserAfter('comes-alone')
    await page.goto(`${at.admin_url}/login`)
    await page.getByRole('link', { name: 'Register' }).click()
    await page.fill('input[name=username]', 'comes-alone')
    await page.fill('input[name=email]', 'alone@example.com')
    await page.fill('input[name=password]', 'password')
    await page.click('button[type=submit]')
    // The server's own words, at the field that they are about.
    await expect.poll(() => page.locator('input[name=password]').getAttribute('aria-invalid')).toBe('true')
    await page.getByRole('alert').getByText('everybody tries first').waitFor()
    await checkAccess(page)
    await checkWidth(page)
    await screenshot(page, 'register')
    await page.fill('input[name=password]', PASSWORD)
    await page.click('button[type=submit]')
    await page.waitForURL(`${at.admin_url}/`)
    await page.getByRole('navigation').waitFor()
    expect(await page.locator('nav section a[href="/settings"]').count()).toBe(0)
    expect(await userOf(api, 'comes-alone')).toMatchObject({ role: 'user', email: 'alone@example.com' })
  })

  test('by an invite: a wrong one is said, the right one counts once', async ({ visitor, browser }) => {
    const { page, at } = visitor
    visitor.allow(/status of 4\d\d .*\/auth\/register/)
    const api = await withSettings({ registration: 'invite' })
    const invite = await api.make('/admin/invites', { name: 'journey guest' })
    onTestFinished(async () => void (await api.drop(`/admin/invites/${invite.id}`)))
    dropUserAfter('invited-one')
    const fill = async (to: typeof page, username: string, code: string) => {
      await to.getByLabel('Invite').fill(code)
      await to.fill('input[name=username]', username)
      await to.fill('input[name=email]', `${username}@example.com`)
      await to.fill('input[name=password]', PASSWORD)
      await to.click('button[type=submit]')
    }
    await page.goto(`${at.admin_url}/register`)
    await fill(page, 'invited-one', 'not-this-one')
    await page.getByRole('alert').getByText('is unknown, used or expired').waitFor()
    expect(await page.getByLabel('Invite').getAttribute('aria-invalid')).toBe('true')
    await fill(page, 'invited-one', String(invite.code))
    await page.waitForURL(`${at.admin_url}/`)
    expect(await userOf(api, 'invited-one')).toBeDefined()
    await visit(browser, at, {}, async (second) => {
      second.allow(/status of 4\d\d .*\/auth\/register/)
      await second.page.goto(`${at.admin_url}/register`)
      await fill(second.page, 'invited-two', String(invite.code))
      await second.page.getByRole('alert').getByText('is unknown, used or expired').waitFor()
    })
    expect(await userOf(api, 'invited-two')).toBeUndefined()
  })

  test('where it is closed the page says whom to ask', async ({ visitor }) => {
    const { page, at } = visitor
    await withSettings({ registration: 'closed' })
    await page.goto(`${at.admin_url}/login`)
    await page.getByText('Accounts are made by an administrator.').waitFor()
    expect(await page.getByRole('link', { name: 'Register' }).count()).toBe(0)
    await page.goto(`${at.admin_url}/register`)
    await page.getByText('Accounts are made by an administrator.').waitFor()
    expect(await page.locator('form').count()).toBe(0)
  })
})

describe('a log-in provider', () => {
  const sits = async (subject: string) => {
    await tell({ provider: subject })
    onTestFinished(() => tell({ provider: null }))
  }

  test('leads there and back, to the page that was wanted', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/^asked http:\/\/localhost:\d+\/authorize/)
    await sits('ada-by-provider')
    dropUserAfter('ada-by-provider')
    await page.goto(`${at.admin_url}/keys?sort=name`)
    await page.waitForURL('**/login?next=**')
    await page.getByRole('link', { name: 'Log in with Ours' }).click()
    await page.waitForURL(`${at.admin_url}/keys?sort=name`)
    await page.getByRole('heading', { name: /^Keys/ }).waitFor()
    await page.reload()
    await page.getByRole('heading', { name: /^Keys/ }).waitFor()
    expect(await userOf(await Api.logIn(at), 'ada-by-provider')).toMatchObject({ role: 'user' })
  })

  test('that vouches for somebody unknown is not enough where nobody is made by it', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/^asked http:\/\/localhost:\d+\/authorize/)
    await sits('nobody-knows-me')
    const api = await withSettings({ oidc_creates_users: false })
    await page.goto(`${at.admin_url}/login`)
    await page.getByRole('link', { name: 'Log in with Ours' }).click()
    await page.waitForURL('**/login?error=**')
    await page.getByRole('alert').getByText('you have no user here').waitFor()
    await checkAccess(page)
    await screenshot(page, 'login.provider.refused')
    expect(await userOf(api, 'nobody-knows-me')).toBeUndefined()
  })

  test('takes a session up again that has ended under a page, which stays', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/^asked http:\/\/localhost:\d+\/authorize/, /status of 401 /)
    await withoutStatus(visitor)
    await sits('eve-by-provider')
    dropUserAfter('eve-by-provider')
    await page.goto(`${at.admin_url}/login?next=/keys`)
    await page.getByRole('link', { name: 'Log in with Ours' }).click()
    await page.waitForURL(`${at.admin_url}/keys`)
    await page.getByRole('button', { name: 'Create key' }).first().click()
    await page.getByLabel('Name', { exact: true }).fill('typed before it ended')
    await tell({ end_sessions: true })
    await page.locator('form').getByRole('button', { name: 'Create key' }).click()
    const dialog = page.getByRole('dialog', { name: /session/i }).or(page.getByRole('dialog').filter({ hasText: 'Your session has ended' }))
    await dialog.first().waitFor()
    // It opens and closes by itself, faster than two lines of this here: both are waited for from the beginning on.
    const closed = page.context().waitForEvent('page').then(async (opened) => void (opened.isClosed() || (await opened.waitForEvent('close'))))
    await Promise.all([closed, dialog.getByRole('button', { name: 'Log in with Ours' }).first().click()])
    await page.getByRole('dialog', { name: 'Copy the key now' }).waitFor()
    const api = await Api.logIn(at)
    const { data } = await api.call('GET', '/api-keys?name=typed before it ended')
    expect((data as Record[]).length).toBe(1)
    for (const { id } of data as Record[]) await api.drop(`/api-keys/${id}`)
  })
})

describe('users', () => {
  test('one is made, and raised to administrator by a fresh proof', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/status of 403 .*\/users\/\d+/, /status of 40\d .*\/auth\/confirm/)
    dropUserAfter('made-by-hand')
    await logInByHand(visitor, '/users')
    await page.getByRole('button', { name: 'Add user' }).click()
    const form = page.locator('.n-drawer form')
    await form.getByLabel('User name', { exact: true }).fill('made-by-hand')
    await form.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await form.locator('button[type=submit]').click()
    const row = page.getByRole('row', { name: /made-by-hand/ })
    await row.waitFor()
    await page.locator('.n-drawer').waitFor({ state: 'detached' })

    await tell({ age_proofs: true })
    await row.click()
    await form.getByLabel('Role', { exact: true }).fill('Administrator')
    await page.keyboard.press('Enter')
    await form.locator('button[type=submit]').click()
    const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await proof.getByLabel('Password', { exact: true }).fill('not mine')
    await proof.getByRole('button', { name: 'Confirm' }).click()
    await proof.getByRole('alert').getByText('Wrong: nothing was changed').waitFor()
    await checkAccess(page)
    await screenshot(page, 'users.confirm')
    const api = await Api.logIn(at)
    expect(await userOf(api, 'made-by-hand')).toMatchObject({ role: 'user' })
    await proof.getByLabel('Password', { exact: true }).fill(at.password)
    await proof.getByRole('button', { name: 'Confirm' }).click()
    await row.getByText('Administrator').waitFor()
    expect(await userOf(api, 'made-by-hand')).toMatchObject({ role: 'admin' })
  })

  test('who leaves the proof has changed nothing, and keeps the form', async ({ visitor }) => {
    const { page, at } = visitor
    visitor.allow(/status of 403 .*\/users\/\d+/)
    const api = await Api.logIn(at)
    const user = await api.make('/users', { username: 'not-raised', password: PASSWORD })
    dropUserAfter('not-raised')
    await logInByHand(visitor, `/users?id=${user.id}`)
    await tell({ age_proofs: true })
    const form = page.locator('.n-drawer form')
    await form.getByLabel('Name', { exact: true }).fill('half done')
    await form.getByLabel('Role', { exact: true }).fill('Administrator')
    await page.keyboard.press('Enter')
    await form.locator('button[type=submit]').click()
    const proof = page.getByRole('dialog', { name: 'Confirm that it is you' })
    await proof.getByRole('button', { name: 'Cancel' }).click()
    await proof.waitFor({ state: 'hidden' })
    expect(await form.getByLabel('Name', { exact: true }).inputValue()).toBe('half done')
    expect(await userOf(api, 'not-raised')).toMatchObject({ role: 'user' })
  })

  test('those with keys are found, with how many; who costs most is a click away', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    await api.make('/users', { username: 'has-no-key', password: PASSWORD })
    dropUserAfter('has-no-key')
    await logIn(visitor, '/users?has_keys=false')
    await page.getByRole('row', { name: /has-no-key/ }).getByRole('link', { name: '0', exact: true }).waitFor()
    expect(await page.getByRole('row', { name: new RegExp(at.username) }).count()).toBe(0)
    await page.goto(`${at.admin_url}/users?has_keys=true`)
    const row = page.getByRole('row', { name: new RegExp(at.username) })
    await row.getByRole('link', { name: /^[1-9]/ }).click()
    await page.waitForURL('**/keys?user_id=*')
    await page.goBack()
    await page.getByRole('link', { name: 'Who costs most' }).click()
    await page.waitForURL('**/usage?**by=user**')
    await expect.poll(() => page.getByRole('radio', { name: 'User', exact: true }).isChecked()).toBe(true)
  })

  test('from its row one is disabled, with how many keys stop, and enabled', async ({ visitor }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    await api.make('/users', { username: 'by-its-row', password: PASSWORD })
    dropUserAfter('by-its-row')
    await logIn(visitor, '/users?username=by-its-row')
    const pick = async (act: string) => {
      await page.getByRole('button', { name: 'More acts for by-its-row' }).click()
      await page.locator('.n-dropdown-option').getByText(act, { exact: true }).click()
    }
    await pick('Disable user')
    await page.getByRole('alertdialog').getByText('No key stops').waitFor()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Disable user' }).click()
    await page.locator('tbody').getByText('⊘ Disabled').waitFor()
    await pick('Enable user')
    await page.locator('tbody').getByText('✓ Active').waitFor()
    await expect.poll(async () => (await userOf(api, 'by-its-row'))?.status).toBe('active')
  })

  test('a password that was lost is made anew, shown this once, and logs in', async ({ visitor, browser }) => {
    const { page, at } = visitor
    const api = await Api.logIn(at)
    const user = await api.make('/users', { username: 'has-lost-it', password: PASSWORD })
    dropUserAfter('has-lost-it')
    await logInByHand(visitor, `/users?id=${user.id}`)
    await page.getByRole('button', { name: 'Make a new password' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Make a new password' }).click()
    const once = page.getByRole('dialog', { name: 'Copy the password now' })
    const password = (await once.getByLabel('New password', { exact: true }).textContent())!
    await checkAccess(page)
    await screenshot(page, 'users.password')
    await page.keyboard.press('Escape') // not by mistake
    await once.getByRole('button', { name: 'Done' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Close without the password' }).click()
    await once.waitFor({ state: 'hidden' })
    await expect(Api.logIn(at, 'has-lost-it', PASSWORD)).rejects.toThrow('401')
    await visit(browser, at, {}, async (other) => {
      await other.page.goto(`${at.admin_url}/login`)
      await giveLogIn(other.page, 'has-lost-it', password)
      await other.page.waitForURL(`${at.admin_url}/new-password`)
      await checkAccess(other.page)
      await checkWidth(other.page)
      await screenshot(other.page, 'new-password')
      await other.page.goto(`${at.admin_url}/keys`) // nothing else goes before
      await other.page.waitForURL(`${at.admin_url}/new-password?next=/keys`)
      await other.page.getByLabel('Password until now').fill(password)
      await other.page.getByLabel('New password').fill('own-Heron-58-lake')
      await other.page.getByRole('button', { name: 'Change password' }).click()
      await other.page.waitForURL(`${at.admin_url}/keys`)
    })
  })

  test('a new one logs in with what was given to them', async ({ browser }) => {
    const api = await Api.logIn(installation())
    await api.make('/users', { username: 'first-time', password: PASSWORD })
    dropUserAfter('first-time')
    await visit(browser, installation(), {}, async ({ page, at }) => {
      await page.goto(`${at.admin_url}/login`)
      await giveLogIn(page, 'first-time', PASSWORD)
      await page.waitForURL(`${at.admin_url}/`)
    })
  })
})
