import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as api from '@/api/session'
import { press, shown, type } from '@/testing/shown'
import ConfirmIdentity from './ConfirmIdentity.vue'
import ProviderLogin from './ProviderLogin.vue'

let dialog: VueWrapper
beforeEach(async () => void (dialog = await shown(ConfirmIdentity, { show: true })))
afterEach(() => dialog.unmount())

const said = () => document.querySelector('[role=dialog] [role=alert]')?.textContent

it('says that the password was wrong, and asks on', async () => {
  vi.spyOn(api, 'confirmIdentity').mockRejectedValue(new ApiError(400, 'bad_parameter', 'password: is wrong', { password: 'is wrong' }))
  await type('Password', 'not mine')
  await press('Confirm')
  expect([said(), dialog.emitted('done')]).toEqual(['Wrong: nothing was changed. Try once more.', undefined])
})

it('says what else went wrong in its own words, and is done once it was right', async () => {
  const confirm = vi.spyOn(api, 'confirmIdentity').mockRejectedValueOnce(new ApiError(429, 'too_many_requests', 'slowly', {}, '', 30)).mockResolvedValue(undefined as never)
  await type('Password', 'mine')
  await press('Confirm')
  expect(said()).toContain('30')
  await press('Confirm')
  expect([confirm.mock.calls, dialog.emitted('done')?.length]).toEqual([[[{ password: 'mine' }], [{ password: 'mine' }]], 1])
})

it('says why a log-in by a provider proved nothing', async () => {
  vi.spyOn(api, 'profile').mockRejectedValue(new ApiError(0, 'offline', 'gone'))
  dialog.getComponent(ProviderLogin).vm.$emit('done')
  await flushPromises()
  expect([said(), dialog.emitted('done')]).toEqual(['Weir does not answer. Is admin running, and the network there?', undefined])
})
