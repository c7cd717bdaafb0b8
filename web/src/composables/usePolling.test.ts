import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { inScope } from '@/testing/inScope'
import { usePolling } from './usePolling'

let hidden = false
function seen(now: boolean) {
  hidden = !now
  document.dispatchEvent(new Event('visibilitychange'))
}

describe('usePolling', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    hidden = false
    vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden)
  })

  it('asks every so often, first after one pause, and ends with its page', async () => {
    const work = vi.fn(() => Promise.resolve())
    const { unmount } = inScope(() => usePolling(work, 1000))
    expect(work).not.toHaveBeenCalled()
    await vi.advanceTimersByTimeAsync(3000)
    expect(work).toHaveBeenCalledTimes(3)
    unmount()
    await vi.advanceTimersByTimeAsync(10_000)
    seen(true)
    expect(work).toHaveBeenCalledTimes(3)
  })

  it('waits twice as long after each failure, a minute at most, and begins anew after a success', async () => {
    const work = vi.fn(() => Promise.reject(new Error('away')) as Promise<void>)
    inScope(() => usePolling(work, 10_000))
    await vi.advanceTimersByTimeAsync(10_000)
    expect(work).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(19_999)
    expect(work).toHaveBeenCalledTimes(1)
    await vi.advanceTimersByTimeAsync(1)
    expect(work).toHaveBeenCalledTimes(2)
    await vi.advanceTimersByTimeAsync(40_000 + 60_000 + 60_000)
    expect(work).toHaveBeenCalledTimes(5)
    work.mockResolvedValue()
    await vi.advanceTimersByTimeAsync(60_000 + 10_000)
    expect(work).toHaveBeenCalledTimes(7)
  })

  it('asks nothing while nobody looks, and at once when somebody does', async () => {
    const work = vi.fn(() => Promise.resolve())
    inScope(() => usePolling(work, 1000))
    seen(false)
    await vi.advanceTimersByTimeAsync(60_000)
    expect(work).not.toHaveBeenCalled()
    seen(true)
    expect(work).toHaveBeenCalledTimes(1)
  })

  it('stops when it is told to, also while the page comes back into sight', async () => {
    const work = vi.fn(() => Promise.resolve())
    const { result } = inScope(() => usePolling(work, 1000))
    result.paused.value = true
    await nextTick()
    seen(false)
    seen(true)
    await vi.advanceTimersByTimeAsync(5000)
    expect(work).not.toHaveBeenCalled()
    result.paused.value = false
    await nextTick()
    expect(work).toHaveBeenCalledTimes(1)
  })
})
