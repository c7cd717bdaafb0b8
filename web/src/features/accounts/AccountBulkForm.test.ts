import { NSelect } from 'naive-ui'
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { asking, press, shown } from '@/testing/shown'
import AccountBulkForm from './AccountBulkForm.vue'

let form: VueWrapper
afterEach(() => form.unmount())

async function changed(count: number, apply: () => Promise<void>) {
  form = await shown(AccountBulkForm, { count, scope: 'What is ticked.', groups: [], apply })
  form.findComponent(NSelect).vm.$emit('update:value', ['weight'])
  await flushPromises()
  const field = [...document.querySelectorAll<HTMLInputElement>('.n-drawer form input[inputmode=numeric]')][0]!
  field.value = '70'
  field.dispatchEvent(new Event('input'))
  await press(`Change ${count} accounts`)
}

it('wants the number typed where it is large', async () => {
  const apply = vi.fn(() => Promise.resolve())
  await changed(21, apply)
  expect([asking()!.textContent!.includes('What is ticked.'), apply.mock.calls.length]).toEqual([true, 0])
  await press('Change 21 accounts')
  expect(apply).not.toHaveBeenCalled()
  const typed = asking()!.querySelector('input')!
  typed.value = '21'
  typed.dispatchEvent(new Event('input'))
  await flushPromises()
  await press('Change 21 accounts')
  expect(apply.mock.calls).toEqual([[{ weight: 70 }]])
})

it('says at its field what the server refuses', async () => {
  const apply = vi.fn(() => Promise.reject(new ApiError(400, 'bad_parameter', 'weight: too heavy', { weight: 'too heavy' })))
  await changed(2, apply)
  expect(apply.mock.calls).toEqual([[{ weight: 70 }]])
  expect([...document.querySelectorAll('.n-drawer form [role=alert]')].map((alert) => alert.textContent)).toEqual(['too heavy'])
})
