import { flushPromises } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import { ref } from 'vue'
import { logStats } from '@/api/logs'
import { inScope } from '@/testing/inScope'
import { useFirstTokens } from './useFirstTokens'

vi.mock('@/api/logs', () => ({ logStats: vi.fn() }))

beforeEach(() => {
  vi.mocked(logStats).mockReset()
})

it('asks only while it is wanted, a few at a time', async () => {
  const wanted = ref(false)
  const waiting: (() => void)[] = []
  vi.mocked(logStats).mockImplementation(({ account_id }) => {
    const answer = { first_token: { p50_ms: account_id![0] === 3 ? null : account_id![0]! * 100 } } as never
    return new Promise((resolve) => waiting.push(() => resolve(answer)))
  })
  const { result } = inScope(() => useFirstTokens(() => [1, 2, 3, 4, 5], (id) => ({ account_id: [id] }), () => wanted.value))
  await flushPromises()
  expect(logStats).not.toHaveBeenCalled()
  wanted.value = true
  await flushPromises()
  expect(logStats).toHaveBeenCalledTimes(4)
  waiting.splice(0).forEach((go) => go())
  await flushPromises()
  expect(logStats).toHaveBeenCalledTimes(5)
  waiting.splice(0).forEach((go) => go())
  await flushPromises()
  expect([...result.firstTokenMs.value]).toEqual([[1, 100], [2, 200], [3, null], [4, 400], [5, 500]])
})
