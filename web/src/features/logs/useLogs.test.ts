import { createPinia, setActivePinia } from 'pinia'
import { computed, effectScope, nextTick, ref } from 'vue'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import type { LogQuery } from '@/api/logs'
import { LOG_FILTERS, type LogState } from './logFilters'
import { useLogs } from './useLogs'

const asked: LogQuery[] = []
let stored: { id: string; started_at: string }[] = []
let ends = true // the last page says so
let refusal: Error | null = null
vi.mock('@/api/logs', () => ({
  listLogs: vi.fn(async (query: LogQuery) => {
    asked.push(query)
    if (refusal) throw refusal
    const from = query.from ?? ''
    const behind = Number(query.cursor?.replace('after-', '') ?? 0) || 0
    const data = stored.filter((row) => row.started_at >= from).slice(behind, behind + query.limit!)
    const more = !ends || stored.filter((row) => row.started_at >= from).length > behind + data.length
    return { data, page: 1, limit: query.limit, total: stored.length, next_cursor: more ? `after-${behind + data.length}` : null, searched_to: data.length ? null : '2026-11-20T00:00:00Z' }
  }),
}))

const row = (second: number) => ({ id: `r${String(second).padStart(2, '0')}`, started_at: `2026-11-22T12:00:${String(second).padStart(2, '0')}.000Z` })
const plain = Object.fromEntries(Object.entries(LOG_FILTERS).map(([name, codec]) => [name, codec.read(undefined)])) as unknown as LogState
const settle = async () => {
  for (let i = 0; i < 10; i += 1) await Promise.resolve()
  await nextTick()
}

function setUp(change: Partial<LogState> = {}) {
  const state = ref<LogState>({ ...plain, from: '2026-11-22T00:00:00Z', ...change })
  const scope = effectScope()
  const logs = scope.run(() => useLogs(computed(() => state.value), () => 50, () => true))!
  return { state, scope, logs }
}

describe('useLogs', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    vi.setSystemTime(new Date('2026-11-22T12:01:00Z'))
    setActivePinia(createPinia())
    stored = [row(20), row(10)]
    asked.length = 0
    ends = true
    refusal = null
  })

  it('does not know the total where a link leads to another page than the first', async () => {
    const linked = setUp({ cursor: 'older' })
    await settle()
    expect(linked.logs.total.value).toBeNull()
    linked.state.value = { ...linked.state.value, cursor: '' }
    await settle()
    expect(linked.logs.total.value).toBe(2)
    linked.scope.stop()
  })

  it('new rows wait, also one that began earlier and has ended only now; then they are in order', async () => {
    const { logs, scope } = setUp()
    await settle()
    logs.tailPaused.value = false
    await settle()
    stored = [row(30), row(20), row(15), row(10)]
    await vi.advanceTimersByTimeAsync(2_000)
    expect(logs.rows.value.map(({ id }) => id)).toEqual(['r20', 'r10'])
    expect(logs.waiting.value.map(({ id }) => id)).toEqual(['r30', 'r15'])
    logs.showWaiting()
    expect(logs.rows.value.map(({ id }) => id)).toEqual(['r30', 'r20', 'r15', 'r10'])
    expect(logs.total.value).toBe(4)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(logs.waiting.value).toEqual([])
    scope.stop()
  })

  it('asks for nothing more until it is switched on, nor on an older page', async () => {
    const { scope } = setUp()
    await settle()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toHaveLength(1)
    scope.stop()
    const older = setUp({ cursor: 'older' })
    older.logs.tailPaused.value = false
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked).toHaveLength(2)
    expect(older.logs.canTail.value).toBe(false)
    older.scope.stop()
  })

  // Requests one a millisecond, the newest first: `count` of them, the last beginning at second 20.
  const many = (count: number, first = 0) =>
    Array.from({ length: count }, (_, i) => {
      const at = Date.parse('2026-11-22T12:00:20Z') + first + count - i
      return { id: `m${at}`, started_at: new Date(at).toISOString() }
    })

  async function live(change: Partial<LogState> = {}) {
    const set = setUp(change)
    await settle()
    set.logs.tailPaused.value = false
    await settle()
    return set
  }

  it('follows on to the next page while there is something new', async () => {
    const { logs, scope } = await live()
    stored = [...many(430), ...stored]
    await vi.advanceTimersByTimeAsync(2_000)
    expect([logs.waiting.value.length, logs.tooMany.value]).toEqual([430, false])
    logs.showWaiting()
    expect([logs.rows.value.length, logs.total.value, logs.atLeast.value]).toEqual([432, 432, false])
    scope.stop()
  })

  it('more than can wait is said rather than cut, and the newest are loaded anew', async () => {
    const { logs, scope } = await live()
    stored = [...many(1_500), ...stored]
    await vi.advanceTimersByTimeAsync(2_000)
    expect([logs.waiting.value.length, logs.tooMany.value]).toEqual([0, true])
    const calls = asked.length
    await vi.advanceTimersByTimeAsync(10_000)
    expect(asked.length).toBe(calls) // it is known: nothing more is asked
    logs.showWaiting()
    await settle()
    expect([logs.rows.value.length, logs.total.value, logs.next.value, logs.tooMany.value]).toEqual([50, 1_502, 'after-50', false])
    scope.stop()
  })

  it('what would have to be cut is loaded anew, so that older goes on behind the last row', async () => {
    const { logs, scope } = await live()
    for (let i = 0; i < 2; i += 1) {
      stored = [...many(300, i * 1_000), ...stored]
      await vi.advanceTimersByTimeAsync(2_000)
      logs.showWaiting()
      await settle()
    }
    expect([logs.rows.value.length, logs.total.value, logs.next.value]).toEqual([50, 602, 'after-50'])
    scope.stop()
  })

  it('rows that are older than the page are not new', async () => {
    stored = many(120)
    const { logs, scope } = await live()
    stored = [...many(3, 1_000), ...stored]
    await vi.advanceTimersByTimeAsync(2_000)
    expect(logs.waiting.value.length).toBe(3)
    logs.showWaiting()
    // Which of the older ones ended only now nobody knows.
    expect([logs.rows.value.length, logs.total.value, logs.atLeast.value]).toEqual([53, 123, true])
    scope.stop()
  })

  it('says when it looked last, and that it cannot: until it can again, or does not look any more', async () => {
    const { logs, scope } = await live()
    const seen = () => logs.lookedAt.value!.toISOString()
    await vi.advanceTimersByTimeAsync(2_000)
    expect(seen()).toBe('2026-11-22T12:01:02.000Z')
    refusal = new ApiError(503, 'service_away', 'usage is away')
    await vi.advanceTimersByTimeAsync(2_000)
    expect([seen(), logs.lookError.value, logs.error.value]).toEqual(['2026-11-22T12:01:02.000Z', refusal, null])
    refusal = null
    await vi.advanceTimersByTimeAsync(4_000)
    expect([seen(), logs.lookError.value]).toEqual(['2026-11-22T12:01:08.000Z', null])
    refusal = new ApiError(503, 'service_away', 'usage is away')
    await vi.advanceTimersByTimeAsync(2_000)
    logs.tailPaused.value = true
    await nextTick()
    expect(logs.lookError.value).toBeNull()
    scope.stop()
  })

  it('says how far a page looked that is not full, and goes on behind it', async () => {
    stored = []
    ends = false
    const { logs, scope } = setUp()
    await settle()
    expect([logs.rows.value, logs.next.value, logs.searchedTo.value]).toEqual([[], 'after-0', '2026-11-20T00:00:00Z'])
    scope.stop()
  })

  it('the total is that of the first page, and a drawer asks for no rows', async () => {
    const { logs, state, scope } = setUp()
    await settle()
    expect(logs.total.value).toBe(2)
    state.value = { ...state.value, id: 'r20' }
    await settle()
    expect(asked).toHaveLength(1)
    state.value = { ...state.value, cursor: 'older' }
    stored = []
    await settle()
    expect(asked[1]).toMatchObject({ cursor: 'older' })
    expect(logs.total.value).toBe(2)
    scope.stop()
  })
})
