import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as sessions from '@/api/session'
import { ApiError } from '@/api/errors'
import { i18n } from '@/locales/i18n'
import DangerDialog from './DangerDialog.vue'
import LoginForm from './LoginForm.vue'

let wrapper: VueWrapper
const global = () => ({ plugins: [createPinia(), i18n] })
afterEach(() => wrapper.unmount())

describe('DangerDialog', () => {
  const button = (text: string) => [...document.querySelectorAll<HTMLButtonElement>('[role=alertdialog] button')].find((found) => found.textContent?.trim() === text)!

  async function shown(props: Record<string, unknown> = {}) {
    wrapper = mount(DangerDialog, {
      props: { show: true, title: 'Delete group <b>x</b>?', text: 'Its 3 keys stop.', act: 'Delete group', ...props },
      global: global(),
      attachTo: document.body,
    })
    await flushPromises()
  }

  it('names the thing and says what breaks, as text', async () => {
    await shown()
    const dialog = document.querySelector('[role=alertdialog]')!
    expect(dialog.textContent).toContain('Delete group <b>x</b>?')
    expect(dialog.textContent).toContain('Its 3 keys stop.')
    expect(dialog.querySelector('b')).toBeNull()
  })

  it('does what it was asked for, or nothing', async () => {
    await shown()
    button('Cancel').click()
    button('Delete group').click()
    expect([wrapper.emitted('cancel')?.length, wrapper.emitted('confirm')?.length]).toEqual([1, 1])
  })

  it('wants the name typed where much is lost', async () => {
    await shown({ typed: 'team-a' })
    expect(button('Delete group').disabled).toBe(true)
    const field = document.querySelector<HTMLInputElement>('[role=alertdialog] input')!
    field.value = 'team-a'
    field.dispatchEvent(new Event('input'))
    await flushPromises()
    expect(button('Delete group').disabled).toBe(false)
  })

  it('cannot be left while it is under way, and shows why it failed', async () => {
    await shown({ busy: true, error: new ApiError(409, 'conflict', 'it has 3 keys', {}, 'req-9') })
    expect(button('Cancel').disabled).toBe(true)
    expect(document.querySelector('[role=alertdialog] [role=alert]')!.textContent).toContain('it has 3 keys')
  })
})

describe('LoginForm', () => {
  const alerts = () => wrapper.findAll('[role=alert]').map((alert) => alert.text())
  const submit = async () => {
    await wrapper.find('form').trigger('submit')
    await flushPromises()
  }

  beforeEach(async () => {
    vi.useFakeTimers({ now: new Date('2026-05-03T12:00:00Z') })
    wrapper = mount(LoginForm, { global: global(), attachTo: document.body })
    await wrapper.find('input[name=username]').setValue(' alice ')
    await wrapper.find('input[name=password]').setValue(' secret ')
  })

  it('sends the name without spaces, the password as it is', async () => {
    const user = { id: 7 } as sessions.User
    const logIn = vi.spyOn(sessions, 'logIn').mockResolvedValue({ user } as never)
    await submit()
    expect(logIn).toHaveBeenCalledWith('alice', ' secret ', undefined)
    expect(wrapper.emitted('done')).toEqual([[user]])
  })

  it('says one thing of a wrong name and a wrong password', async () => {
    vi.spyOn(sessions, 'logIn').mockRejectedValue(new ApiError(401, 'not_logged_in', 'wrong password'))
    await submit()
    expect(alerts()).toEqual(['User name or password is wrong.'])
  })

  it('asks for the code where there is one', async () => {
    const logIn = vi.spyOn(sessions, 'logIn').mockRejectedValue(new ApiError(401, 'code_needed', 'a code is needed'))
    await submit()
    expect(alerts()).toEqual([])
    await wrapper.find('input[name=code]').setValue(' 123456 ')
    await submit()
    expect(logIn).toHaveBeenLastCalledWith('alice', ' secret ', '123456')
    expect(alerts()).toEqual(['The code is wrong, or too old.'])
  })

  it('counts a lock-out down, and asks nothing meanwhile', async () => {
    const logIn = vi.spyOn(sessions, 'logIn').mockRejectedValue(new ApiError(429, 'too_many_requests', 'locked', {}, '', 252))
    await submit()
    expect(alerts()).toEqual(['Too many attempts. Try again in 4 min 12 s.'])
    expect(wrapper.find('button[type=submit]').attributes('disabled')).toBeDefined()
    await vi.advanceTimersByTimeAsync(12_000)
    expect(alerts()).toEqual(['Too many attempts. Try again in 4 min.'])
    await submit()
    expect(logIn).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(240_000)
    expect(wrapper.find('button[type=submit]').attributes('disabled')).toBeUndefined()
    await submit()
    expect(logIn).toHaveBeenCalledTimes(2)
  })

  it('says that nobody answers', async () => {
    vi.spyOn(sessions, 'logIn').mockRejectedValue(new TypeError('Failed to fetch'))
    await submit()
    expect(alerts()).toEqual(['Weir does not answer. Is admin running, and the network there?'])
  })
})
