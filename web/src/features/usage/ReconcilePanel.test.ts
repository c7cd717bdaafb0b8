import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as api from '@/api/reconcile'
import Choice from '@/components/Choice.vue'
import { shown } from '@/testing/shown'
import ReconcilePanel from './ReconcilePanel.vue'

let panel: VueWrapper
afterEach(() => panel.unmount())

it('shows the answer to the last question, also when the one before comes later', async () => {
  const waiting: { resolve: (found: never) => void; reject: (why: Error) => void }[] = []
  vi.spyOn(api, 'reconcile').mockImplementation(() => new Promise((resolve, reject) => waiting.push({ resolve: resolve as never, reject })))
  panel = await shown(ReconcilePanel)
  const input = panel.get<HTMLInputElement>('input[type=file]')
  Object.defineProperty(input.element, 'files', { value: [{ text: () => Promise.resolve('day,cost') }] })
  await input.trigger('change')
  await flushPromises()
  panel.getComponent(Choice).vm.$emit('update:value', 'all')
  await flushPromises()
  waiting[1]!.reject(new ApiError(400, 'invalid', 'the second'))
  await flushPromises()
  waiting[0]!.reject(new ApiError(400, 'invalid', 'the first'))
  await flushPromises()
  expect(panel.get('[role=alert]').text()).toContain('the second')
})
