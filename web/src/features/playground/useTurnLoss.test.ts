import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { ref, type Ref } from 'vue'
import { inScope } from '@/testing/inScope'
import type { Turn } from './useConversation'
import { useTurnLoss } from './useTurnLoss'

const turnsOf = (...ids: number[]) => ref(ids.map((id) => ({ id }))) as unknown as Ref<Turn[]>

describe('useTurnLoss', () => {
  it.each([
    ['the last one', [1, 2, 3], 3],
    ['the only one', [4], 0],
    ['none', [], 0],
    ['one that is gone already', [1, 2], 9],
  ])('%s goes unasked', async (_, ids, from) => {
    const { result } = inScope(() => useTurnLoss(turnsOf(...ids)))
    const go = vi.fn(() => Promise.resolve())
    await result.lose(from, go)
    expect([go.mock.calls.length, result.asked.value]).toEqual([1, null])
  })

  it.each([
    ['an earlier one', 2, 2],
    ['all', 0, 3],
  ])('%s: asks first, with how many go', async (_, from, count) => {
    const { result } = inScope(() => useTurnLoss(turnsOf(1, 2, 3)))
    const go = vi.fn(() => Promise.resolve())
    await result.lose(from, go)
    expect([go.mock.calls.length, result.asked.value?.count]).toEqual([0, count])
    await result.run()
    await flushPromises()
    expect([go.mock.calls.length, result.asked.value]).toEqual([1, null])
  })
})
