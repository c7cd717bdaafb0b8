import { flushPromises } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import ProviderLogin from '@/components/ProviderLogin.vue'
import { ApiError } from '@/api/errors'
import * as api from '@/api/session'
import { useSession } from '@/stores/session'
import { shown } from '@/testing/shown'
import LoginDialog from './LoginDialog.vue'

it('says why a log-in in another window did not bring one in', async () => {
  vi.spyOn(api, 'profile').mockRejectedValue(new ApiError(503, 'service_away', 'away', {}, 'req-7'))
  const dialog = await shown(LoginDialog)
  useSession().asking = true
  await flushPromises()
  dialog.getComponent(ProviderLogin).vm.$emit('done')
  await flushPromises()
  expect(document.querySelector('[role=dialog]')!.textContent).toContain('req-7')
  dialog.unmount()
})
