import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest'
import { ApiError } from '@/api/errors'
import * as users from '@/api/users'
import { mayLeave } from '@/composables/useUnsaved'
import { useSession } from '@/stores/session'
import { asking, press, shown } from '@/testing/shown'
import UserPassword from './UserPassword.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const USER = { id: 7, version: 3, username: 'alice' } as users.User
const elsewhere = { name: 'logs', path: '/logs' }
let part: VueWrapper
let change: MockInstance<typeof users.changeUser>

async function made() {
  part = await shown(UserPassword, { user: USER })
  await press('Make a new password')
  await press('Make a new password')
}

beforeEach(() => void (change = vi.spyOn(users, 'changeUser').mockResolvedValue({ data: USER, revision: 0 })))
afterEach(() => part.unmount())

it('asks before a password that is not copied is left', async () => {
  await made()
  const password = document.querySelector('[role=dialog] code')!.textContent!
  expect(change.mock.calls).toEqual([[7, 3, { password, must_change_password: true }]])
  const ask = vi.fn(() => false)
  expect(mayLeave(elsewhere, ask)).toBe(false)
  await press('Done')
  expect(document.querySelector('[role=dialog] code')!.textContent).toBe(password)
  await press('Close without the password')
  expect([mayLeave(elsewhere, ask), ask.mock.calls.length]).toEqual([true, 1])
})

it('is not made for oneself: the log-in that shows it would end', async () => {
  part = await shown(UserPassword, { user: USER })
  useSession().user = { id: 7 } as never
  await flushPromises()
  expect([part.find('button').exists(), part.find('a').attributes('href')]).toEqual([false, '/profile/password'])
})

it('somebody else changed the user meanwhile: it is said, and made only when that is confirmed', async () => {
  change.mockRejectedValueOnce(new ApiError(409, 'conflict', 'changed'))
  vi.spyOn(users, 'getUser').mockResolvedValue({ ...USER, version: 4 })
  await made()
  expect(asking()!.textContent).toContain('Somebody else changed this')
  expect(change).toHaveBeenCalledTimes(1)
  await press('Make a new password')
  expect([change.mock.lastCall![1], part.emitted('changed')?.length]).toEqual([4, 2])
})
