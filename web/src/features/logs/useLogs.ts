import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue'
import { listLogs, type LogQuery, type LogRow } from '@/api/logs'
import { useList } from '@/composables/useList'
import { usePolling } from '@/composables/usePolling'
import { useUi } from '@/stores/ui'
import { logFilter, type LogState } from './logFilters'

const TAIL_MS = 2_000
const ROWS_MAX = 500
// A request is in the log when it has ended, under the time of its beginning: long ones come in between.
const LONGEST_MS = 300_000

const newestFirst = (rows: LogRow[]) =>
  [...rows].sort((a, b) => (b.started_at ?? '').localeCompare(a.started_at ?? '') || b.id.localeCompare(a.id)).slice(0, ROWS_MAX)

// A page of the log by the URL's state, and its live tail: rows that have come since wait behind a button, so that
// none moves under the pointer.
export function useLogs(state: ComputedRef<LogState>, limit: () => number, admin: () => boolean) {
  const ui = useUi()
  const asked = () => {
    // Which drawer is open asks for no other rows.
    return { state: { ...state.value, id: '' }, limit: limit(), zone: ui.zoneId, admin: admin() }
  }
  type Asked = ReturnType<typeof asked>
  const queryOf = (q: Asked): LogQuery => ({
    ...logFilter(q.state, q.zone, q.admin),
    limit: q.limit,
    sort: q.state.sort,
    ...(q.state.cursor && { cursor: q.state.cursor }),
  })
  const list = useList(asked, (q, signal) => listLogs(queryOf(q), q.admin, signal))
  const next = computed(() => (list.data.value as { next_cursor?: string | null } | null)?.next_cursor ?? '')
  // How far back this page looked, where it ended before it was full: `next` goes on behind that.
  const searchedTo = computed(() => (list.data.value as { searched_to?: string | null } | null)?.searched_to ?? null)
  // The total is counted with the first page alone: a link to another one does not know it.
  const total = ref<number | null>(null)
  watch(list.data, (page) => {
    if (page && !state.value.cursor) total.value = page.total
  })

  const shown = shallowRef<LogRow[]>([])
  const waiting = shallowRef<LogRow[]>([])
  watch(list.rows, (rows) => {
    shown.value = rows
    waiting.value = []
  })
  const canTail = computed(() => !state.value.cursor && !state.value.to && state.value.sort === '-started_at')

  async function look() {
    if (!canTail.value || list.loading.value) return
    const newest = waiting.value[0] ?? shown.value[0]
    const known = new Set([...waiting.value, ...shown.value].map(({ id }) => id))
    const query = { ...queryOf(asked()), ...(newest?.started_at && { from: new Date(Date.parse(newest.started_at) - LONGEST_MS).toISOString() }), limit: 200 }
    const question = JSON.stringify(asked())
    const { data } = await listLogs(query, admin())
    if (JSON.stringify(asked()) !== question || list.loading.value) return // another filter meanwhile
    waiting.value = newestFirst([...data.filter(({ id }) => !known.has(id)), ...waiting.value])
  }

  function showWaiting() {
    if (total.value !== null) total.value += waiting.value.length
    shown.value = newestFirst([...waiting.value, ...shown.value])
    waiting.value = []
  }

  const tail = usePolling(look, TAIL_MS)
  tail.paused.value = true
  return { ...list, rows: shown, total, next, searchedTo, waiting, showWaiting, canTail, tailPaused: tail.paused }
}
