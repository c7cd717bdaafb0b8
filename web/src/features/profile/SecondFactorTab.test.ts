import { flushPromises } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import * as api from '@/api/profile'
import { press, shown, type } from '@/testing/shown'
import SecondFactorTab from './SecondFactorTab.vue'

it('sends a code once, however often Enter is pressed', async () => {
  vi.spyOn(api, 'secondFactor').mockResolvedValue({ in_force: false, recovery_codes_left: 0 } as never)
  vi.spyOn(api, 'beginSecondFactor').mockResolvedValue({ secret: 'ABC', url: 'otpauth://totp/weir?secret=ABC' } as never)
  const confirm = vi.spyOn(api, 'confirmSecondFactor').mockReturnValue(new Promise(() => undefined))
  const tab = await shown(SecondFactorTab)
  await press('Set up')
  await type('Code of the app', '123 456')
  await tab.find('form').trigger('submit')
  await tab.find('form').trigger('submit')
  await flushPromises()
  expect(confirm.mock.calls).toEqual([['123456']])
  tab.unmount()
})
