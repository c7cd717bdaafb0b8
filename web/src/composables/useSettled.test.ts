import { expect, it, vi } from 'vitest'
import { shallowRef } from 'vue'
import { ApiError } from '@/api/errors'
import { inScope } from '@/testing/inScope'
import { useSettled } from './useSettled'

const part = () => ({ loadedAt: shallowRef<Date | null>(null), error: shallowRef<ApiError | null>(null) })

it('waits for an answer or an error of each', () => {
  const [counts, names] = [part(), part()]
  const { result } = inScope(() => useSettled([counts, names]))
  counts.loadedAt.value = new Date()
  expect(result.value).toBe(false)
  names.error.value = new ApiError(503, 'service_away', 'usage is away')
  expect(result.value).toBe(true)
})

it('waits no longer than its patience', () => {
  vi.useFakeTimers()
  const { result } = inScope(() => useSettled([part()], 500))
  vi.advanceTimersByTime(499)
  expect(result.value).toBe(false)
  vi.advanceTimersByTime(1)
  expect(result.value).toBe(true)
})
