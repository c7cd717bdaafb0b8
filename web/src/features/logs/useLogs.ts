import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue'
import { listLogs, type LogQuery, type LogRow } from '@/api/logs'
import { useList } from '@/composables/useList'
import { useUi } from '@/stores/ui'
import { logFilter, type LogState } from './logFilters'
import { byNewest, newLogs } from './newLogs'
import { useLooks } from './useLooks'

const ROWS_MAX = 500

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
  const tooMany = ref(false) // more has come than can wait: the newest page is read anew
  const unsure = ref(false) // older ones may have ended meanwhile that no look has come to
  watch(list.rows, (rows) => {
    shown.value = rows
    waiting.value = []
    tooMany.value = unsure.value = false
  })
  const canTail = computed(() => !state.value.cursor && !state.value.to && state.value.sort === '-started_at')

  async function look() {
    if (!canTail.value || list.loading.value || tooMany.value) return false
    const question = JSON.stringify(asked())
    const come = await newLogs([...waiting.value, ...shown.value].sort(byNewest), next.value !== '', async (part) => {
      const page = await listLogs({ ...queryOf(asked()), ...part }, admin())
      return JSON.stringify(asked()) === question && !list.loading.value ? page : null
    })
    if (!come) return false
    tooMany.value = !come.enough || waiting.value.length + come.found.length > ROWS_MAX
    if (tooMany.value) return true
    unsure.value ||= !come.all && come.found.length > 0
    waiting.value = [...come.found, ...waiting.value].sort(byNewest)
    return true
  }

  // What is shown is never cut: "older" goes on behind its last row. So many that it would have to be is read anew.
  function showWaiting() {
    if (tooMany.value || waiting.value.length + shown.value.length > ROWS_MAX) return void list.reload()
    if (total.value !== null) total.value += waiting.value.length
    shown.value = [...waiting.value, ...shown.value].sort(byNewest)
    waiting.value = []
  }

  const looks = useLooks(look, canTail, list.loadedAt)
  const atLeast = computed(() => list.atLeast.value || unsure.value)
  return { ...list, rows: shown, total, atLeast, next, searchedTo, waiting, tooMany, showWaiting, canTail, ...looks }
}
