import { computed, ref, shallowRef, watch, type ComputedRef } from 'vue'

export type HoldReason = 'pointer' | 'edit' | 'drag'

export interface SteadyRows<Row> {
  rows: ComputedRef<Row[]>
  hold: (reason: HoldReason, held: boolean) => void
  expect: () => void // the next rows are somebody's own doing: shown as they come
}

// A live list that does not move under the pointer. While anything holds it, the rows stay where they are
// and who they are; their figures go on. Another question, and one's own changes, are shown at once.
export function useSteadyRows<Row extends { id: number }>(live: () => Row[], question: () => unknown): SteadyRows<Row> {
  const holds = ref(new Set<HoldReason>())
  const kept = shallowRef<Row[] | null>(null)
  let expecting = false

  const take = () => (kept.value = holds.value.size > 0 ? live() : null)
  const expect = () => (expecting = true)

  function hold(reason: HoldReason, held: boolean) {
    const before = holds.value.size
    if (held) holds.value.add(reason)
    else holds.value.delete(reason)
    if (before === 0 || holds.value.size === 0) take()
  }

  watch(() => JSON.stringify(question()), expect)
  watch(live, () => {
    if (expecting) take()
    expecting = false
  })

  const rows = computed(() => {
    if (!kept.value) return live()
    const now = new Map(live().map((row) => [row.id, row]))
    return kept.value.map((row) => now.get(row.id) ?? row)
  })
  return { rows, hold, expect }
}
