import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as keys from '@/api/keys'
import * as users from '@/api/users'
import { asking, press, shown } from '@/testing/shown'
import { rowActs } from './userActs'
import UserRowAct from './UserRowAct.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const USER = { id: 7, version: 3, username: 'alice', status: 'active' } as users.User
const answered = { data: USER, revision: 0 } as never
let part: VueWrapper
afterEach(() => part.unmount())

it('says how many keys stop before a user is disabled', async () => {
  vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [], total: 2, total_at_least: false, page: 1, limit: 1 })
  const change = vi.spyOn(users, 'changeUser').mockResolvedValue(answered)
  part = await shown(UserRowAct, { act: 'disable', user: USER })
  expect([asking()!.textContent?.includes('2 keys stop at once'), change.mock.calls.length]).toEqual([true, 0])
  await press('Disable user')
  expect([change.mock.calls, part.emitted('changed')?.length, part.emitted('close')?.length]).toEqual([[[7, 3, { status: 'disabled' }]], 1, 1])
})

it('enables at once; what was in the way stands there until it is tried again', async () => {
  const change = vi.spyOn(users, 'changeUser').mockRejectedValueOnce(new ApiError(503, 'service_away', 'away')).mockResolvedValue(answered)
  part = await shown(UserRowAct, { act: 'enable', user: { ...USER, status: 'disabled' } })
  expect([asking(), part.find('[role=alert]').exists(), part.emitted('close')]).toEqual([null, true, undefined])
  await press('Try again')
  await flushPromises()
  expect([change.mock.lastCall, part.emitted('close')?.length]).toEqual([[7, 3, { status: 'active' }], 1])
})

it.each([
  ['active', 7, ['edit', 'passwordMake', 'disable', 'remove']],
  ['disabled', 7, ['edit', 'passwordMake', 'enable', 'remove']],
  ['active', 1, ['edit']], // oneself
] as const)('a row of a user that is %s (%i)', (status, id, offered) => {
  expect(rowActs({ id, status }, 1)).toEqual(offered)
})
