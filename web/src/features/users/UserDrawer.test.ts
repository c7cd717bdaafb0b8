import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as keys from '@/api/keys'
import * as users from '@/api/users'
import { asksFirst, press, shown, type } from '@/testing/shown'
import UserDrawer from './UserDrawer.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const USER = { id: 7, version: 3, username: 'alice', name: '', email: '', role: 'user', status: 'active', group_id: 1, allowed_ips: [], limits: {}, second_factor: true }
let drawer: VueWrapper
const nameField = () => document.querySelectorAll<HTMLInputElement>('.n-drawer form input')[1]!

// A name that is typed, and the second factor taken off beside it; then the user is read again.
async function beside() {
  vi.spyOn(users, 'removeSecondFactor').mockResolvedValue({ data: undefined, revision: 0 } as never)
  drawer = await shown(UserDrawer, { id: 7, groups: [] })
  nameField().value = 'half typ'
  nameField().dispatchEvent(new Event('input'))
  await press('Remove second factor')
  await press('Remove second factor')
  await flushPromises()
}

beforeEach(() => {
  vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [], total: 0, page: 1, limit: 5 } as never)
  vi.spyOn(users, 'listIdentities').mockResolvedValue({ data: [] } as never)
})
afterEach(() => drawer.unmount())

it('stays open over a form that is being filled in, and saves with the new version', async () => {
  vi.spyOn(users, 'getUser').mockResolvedValueOnce(USER as never).mockResolvedValue({ ...USER, version: 4, second_factor: false } as never)
  const change = vi.spyOn(users, 'changeUser').mockResolvedValue({ data: USER, revision: 0 } as never)
  await beside()
  expect([nameField().value, drawer.emitted('close'), drawer.emitted('changed')?.length]).toEqual(['half typ', undefined, 1])
  await press('Save')
  expect(change.mock.calls).toEqual([[7, 4, { name: 'half typ' }]])
})

it('keeps what is typed when reading the user again fails', async () => {
  vi.spyOn(users, 'getUser').mockResolvedValueOnce(USER as never).mockRejectedValue(new ApiError(503, 'unavailable', 'away'))
  await beside()
  expect(document.querySelector('.n-drawer [role=alert]')).not.toBeNull()
  expect(nameField().value).toBe('half typ')
})

it('asks about an identity that is half typed, as about the form, until it is left or added', async () => {
  vi.spyOn(users, 'getUser').mockResolvedValue(USER as never)
  vi.spyOn(users, 'addIdentity').mockResolvedValue(undefined as never)
  drawer = await shown(UserDrawer, { id: 7, groups: [] })
  await press('Add identity')
  expect(asksFirst(drawer)).toBe(false)
  await type('Subject', 'ada')
  expect(asksFirst(drawer)).toBe(true)
  await press('Cancel') // the identity
  expect(asksFirst(drawer)).toBe(false)
  await press('Add identity')
  await type('Issuer', 'https://login.example.com')
  await type('Subject', 'ada')
  expect(asksFirst(drawer)).toBe(true)
  await press('Add identity')
  expect(asksFirst(drawer)).toBe(false)
})
