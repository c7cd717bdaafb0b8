import { computed, type ComputedRef } from 'vue'
import type { Page } from '@/api/client'
import { usePolling, type Polling } from './usePolling'
import { useResource, type Resource } from './useResource'

export interface List<Row> extends Resource<Page<Row>> {
  rows: ComputedRef<Row[]>
  total: ComputedRef<number>
  count: ComputedRef<number | null> // the same, null while it is not known
  atLeast: ComputedRef<boolean> // the total is a bound: "more than 2,000"
  polling: Polling | null
}

// A page of rows that follows the URL's state, asked for again every `pollMs` where that is given.
export function useList<Query, Row>(
  query: () => Query,
  load: (query: Query, signal: AbortSignal) => Promise<Page<Row>>,
  pollMs = 0,
): List<Row> {
  const resource = useResource(query, load)
  // Rows of another filter stay while this one's are asked for, so that nothing jumps, but not when that fails.
  const page = computed(() => (resource.fresh.value || !resource.error.value ? resource.data.value : null))
  return {
    ...resource,
    rows: computed(() => page.value?.data ?? []),
    total: computed(() => page.value?.total ?? 0),
    count: computed(() => page.value?.total ?? null),
    atLeast: computed(() => page.value?.total_at_least ?? false),
    polling: pollMs > 0 ? usePolling(resource.poll, pollMs) : null,
  }
}
