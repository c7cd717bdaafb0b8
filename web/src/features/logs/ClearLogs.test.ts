import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { NMessageProvider } from 'naive-ui'
import { h } from 'vue'
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest'
import { ApiError } from '@/api/errors'
import * as logs from '@/api/logs'
import { asking, press, shown } from '@/testing/shown'
import ClearLogs from './ClearLogs.vue'

let dialog: VueWrapper
let list: MockInstance<typeof logs.listLogs>
let clear: MockInstance<typeof logs.clearLogs>
const answerOf = (total: number) => ({ data: [], total, page: 1, limit: 1, next_cursor: null })

const input = (type: string) => asking()!.querySelector<HTMLInputElement>(`input[type=${type}]`)
async function fill(type: string, text: string) {
  const field = input(type)!
  field.value = text
  field.dispatchEvent(new Event('input'))
  await flushPromises()
}
const open = async () => (dialog = await shown({ render: () => h(NMessageProvider, () => h(ClearLogs)) }))

beforeEach(() => {
  list = vi.spyOn(logs, 'listLogs')
  clear = vi.spyOn(logs, 'clearLogs').mockResolvedValue({ requests_deleted: 7 } as never)
})
afterEach(() => dialog.unmount())

it('deletes what was counted, once its day is typed', async () => {
  list.mockResolvedValue(answerOf(7))
  await open()
  await fill('date', '2026-03-01')
  expect(asking()!.textContent).toContain('7 requests before 2026-03-01')
  await press('Delete requests')
  expect(clear).not.toHaveBeenCalled()
  await fill('text', '2026-03-01')
  await press('Delete requests')
  expect(clear.mock.calls[0]![0]).toBe('2026-03-01')
})

it('says no number of another day, and confirms nothing while it counts', async () => {
  list.mockResolvedValueOnce(answerOf(7)).mockReturnValue(new Promise(() => undefined))
  await open()
  await fill('date', '2026-03-01')
  expect(asking()!.textContent).not.toContain('7 requests')
  expect(input('text')).toBeNull()
  await press('Delete requests')
  expect(clear).not.toHaveBeenCalled()
})

it('confirms nothing where counting failed, until it has been counted', async () => {
  list.mockResolvedValueOnce(answerOf(7)).mockRejectedValueOnce(new ApiError(503, 'service_away', 'away')).mockResolvedValue(answerOf(9))
  await open()
  await fill('date', '2026-03-01')
  expect(asking()!.textContent).toContain('could not be counted')
  await press('Delete requests')
  expect(clear).not.toHaveBeenCalled()
  await press('Try again')
  expect(asking()!.textContent).toContain('9 requests before 2026-03-01')
})

it('wants a day', async () => {
  list.mockResolvedValue(answerOf(7))
  await open()
  await fill('date', '')
  expect(asking()!.textContent).toContain('Choose a day')
  await press('Delete requests')
  expect(clear).not.toHaveBeenCalled()
})
