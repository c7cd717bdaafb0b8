import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as api from '@/api/status'
import { useStatus } from './status'

const answerOf = (revision: number) => ({ revision, relays: [] }) as unknown as api.Status
const away = new ApiError(0, 'offline', 'no answer')

beforeEach(() => setActivePinia(createPinia()))

function asked() {
  const ask = vi.spyOn(api, 'getStatus')
  const ends: { answer: (status: api.Status) => void; fail: (error: unknown) => void }[] = []
  ask.mockImplementation(() => new Promise((answer, fail) => ends.push({ answer, fail })))
  return { ask, ends }
}

describe('the state of the whole', () => {
  it('is the newest that was told: what an older call says after a newer one is no news', async () => {
    const store = useStatus()
    const { ends } = asked()
    const calls = [store.load(), store.load(), store.load().catch(() => undefined)]
    ends[1]!.answer(answerOf(2))
    await calls[1]
    ends[0]!.answer(answerOf(1))
    expect([(await calls[0])?.revision, store.status?.revision]).toEqual([1, 2])
    ends[2]!.fail(away)
    await calls[2]
    expect(store.failedAt).not.toBeNull()
  })

  it('an older call that fails says nothing of a newer one that was answered', async () => {
    const store = useStatus()
    const { ends } = asked()
    const calls = [store.load().catch(() => undefined), store.load()]
    ends[1]!.answer(answerOf(2))
    ends[0]!.fail(away)
    await Promise.all(calls)
    expect([store.failedAt, store.status?.revision]).toEqual([null, 2])
  })

  it('is not away because somebody left the page that asked', async () => {
    const store = useStatus()
    vi.spyOn(api, 'getStatus').mockRejectedValue(new DOMException('left', 'AbortError'))
    await expect(store.load()).rejects.toThrow('left')
    expect(store.failedAt).toBeNull()
  })

  it('who only follows asks nothing while another one does, and asks again when that ends or fails', async () => {
    vi.useFakeTimers()
    const store = useStatus()
    const ask = vi.spyOn(api, 'getStatus').mockResolvedValue(answerOf(1))
    await store.follow()
    expect(ask).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(4_000)
    await store.follow()
    expect(ask).toHaveBeenCalledTimes(1)
    vi.advanceTimersByTime(1_000)
    await store.follow()
    expect(ask).toHaveBeenCalledTimes(2)
    ask.mockRejectedValue(away)
    await store.load().catch(() => undefined)
    await expect(store.follow()).rejects.toBe(away)
    expect(ask).toHaveBeenCalledTimes(4)
  })
})
