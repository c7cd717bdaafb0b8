import { NSelect } from 'naive-ui'
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest'
import { ApiError } from '@/api/errors'
import * as audit from '@/api/audit'
import * as keys from '@/api/keys'
import * as users from '@/api/users'
import { asking, press, shown, type } from '@/testing/shown'
import UserForm from './UserForm.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const USER = { id: 7, version: 3, username: 'alice', name: '', email: '', role: 'user', status: 'active', group_id: 1, allowed_ips: [], limits: {} } as unknown as users.User
let form: VueWrapper
let change: MockInstance<typeof users.changeUser>

async function disabled() {
  form = await shown(UserForm, { user: USER, groups: [{ value: 1, label: 'default' }] })
  form.findAllComponents(NSelect)[1]!.vm.$emit('update:value', 'disabled')
  await form.find('form').trigger('submit')
  await flushPromises()
}

beforeEach(() => void (change = vi.spyOn(users, 'changeUser').mockResolvedValue({ data: USER, revision: 0 })))
afterEach(() => form.unmount())

it('asks before a user is disabled, with the keys that stop', async () => {
  const count = vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [], total: 3, page: 1, limit: 1 } as never)
  await disabled()
  expect(count.mock.calls[0]![0]).toEqual({ user_id: 7, status: 'active', limit: 1 })
  expect(asking()!.textContent).toContain('3 keys stop at once')
  expect(change).not.toHaveBeenCalled()
  await press('Disable user')
  expect([change.mock.calls, form.emitted('done')?.length]).toEqual([[[7, 3, { status: 'disabled' }]], 1])
})

it('does nothing when that is left', async () => {
  vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [], total: 0, page: 1, limit: 1 } as never)
  await disabled()
  expect(asking()!.textContent).toContain('none is active')
  await press('Cancel')
  expect([change.mock.calls.length, form.emitted('done')]).toEqual([0, undefined])
})

it('wants the name typed where the number of keys is not known', async () => {
  vi.spyOn(keys, 'listKeys').mockRejectedValue(new ApiError(503, 'unavailable', 'away'))
  await disabled()
  expect(asking()!.textContent).toContain('could not be found out')
  await press('Disable user')
  expect(change).not.toHaveBeenCalled()
})

it('asks the same before mine is saved over what somebody else saved', async () => {
  vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [], total: 3, page: 1, limit: 1 } as never)
  vi.spyOn(users, 'getUser').mockResolvedValue({ ...USER, version: 4, name: 'theirs' })
  vi.spyOn(audit, 'listAudit').mockResolvedValue({ data: [], total: 0, page: 1, limit: 1 } as never)
  change.mockRejectedValueOnce(new ApiError(412, 'conflict', 'it was changed meanwhile'))
  form = await shown(UserForm, { user: USER, groups: [{ value: 1, label: 'default' }] })
  await type('Name', 'mine')
  await form.find('form').trigger('submit')
  await flushPromises()
  form.findAllComponents(NSelect)[1]!.vm.$emit('update:value', 'disabled')
  await press('Save mine over it')
  expect(asking()!.textContent).toContain('3 keys stop at once')
  expect(change).toHaveBeenCalledTimes(1)
  await press('Disable user')
  expect([change.mock.lastCall, form.emitted('done')?.length]).toEqual([[7, 4, { name: 'mine', status: 'disabled' }], 1])
})
