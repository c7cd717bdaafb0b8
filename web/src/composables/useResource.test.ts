import { flushPromises } from '@vue/test-utils'
import { describe, expect, it, vi } from 'vitest'
import { nextTick, ref } from 'vue'
import { ApiError } from '@/api/errors'
import { inScope } from '@/testing/inScope'
import { useResource } from './useResource'

// Answers that come when the test says so, in any order.
function answers() {
  const waiting = new Map<string, { resolve: (text: string) => void; reject: (error: unknown) => void; signal: AbortSignal }>()
  const load = vi.fn((question: string, signal: AbortSignal) => new Promise<string>((resolve, reject) => waiting.set(question, { resolve, reject, signal })))
  return { waiting, load }
}

describe('useResource', () => {
  it('an older answer never replaces a newer one, and its call is ended', async () => {
    const { waiting, load } = answers()
    const question = ref('a')
    const { result } = inScope(() => useResource(() => question.value, load))
    question.value = 'b'
    await nextTick()
    expect(waiting.get('a')!.signal.aborted).toBe(true)
    waiting.get('b')!.resolve('B')
    await flushPromises()
    waiting.get('a')!.resolve('A')
    await flushPromises()
    expect(result.data.value).toBe('B')
    expect(result.loading.value).toBe(false)
  })

  it('what was there stays while the next is loading, and when it fails', async () => {
    const { waiting, load } = answers()
    const question = ref('a')
    const { result } = inScope(() => useResource(() => question.value, load))
    waiting.get('a')!.resolve('A')
    await flushPromises()
    const loadedAt = result.loadedAt.value
    question.value = 'b'
    await nextTick()
    expect([result.data.value, result.loading.value, result.fresh.value]).toEqual(['A', true, false])
    waiting.get('b')!.reject(new ApiError(503, 'service_away', 'usage does not answer'))
    await flushPromises()
    expect([result.data.value, result.error.value?.reason, result.loading.value, result.loadedAt.value]).toEqual(['A', 'service_away', false, loadedAt])
    expect(result.fresh.value).toBe(false)
    void result.reload()
    waiting.get('b')!.resolve('B')
    await flushPromises()
    expect([result.data.value, result.error.value, result.fresh.value]).toEqual(['B', null, true])
    question.value = 'a' // there and back: what is there answers something else again
    expect(result.fresh.value).toBe(false)
  })

  it('an error of an older call is nobody’s', async () => {
    const { waiting, load } = answers()
    const question = ref('a')
    const { result } = inScope(() => useResource(() => question.value, load))
    question.value = 'b'
    await nextTick()
    waiting.get('a')!.reject(new DOMException('ended', 'AbortError'))
    await flushPromises()
    expect([result.error.value, result.loading.value]).toEqual([null, true])
  })

  it('the same question is not asked twice, and nothing after the page is left', async () => {
    const { waiting, load } = answers()
    const question = ref({ page: 1 })
    const { result, unmount } = inScope(() => useResource(() => question.value, ({ page }, signal) => load(String(page), signal)))
    question.value = { page: 1 }
    await nextTick()
    expect(load).toHaveBeenCalledTimes(1)
    unmount()
    expect(waiting.get('1')!.signal.aborted).toBe(true)
    waiting.get('1')!.resolve('late')
    await flushPromises()
    expect(result.data.value).toBeNull()
  })
})
