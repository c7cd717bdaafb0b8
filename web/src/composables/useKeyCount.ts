import { computed } from 'vue'
import { listKeys, type KeyQuery } from '@/api/keys'
import { useResource } from './useResource'

// How many keys an act would stop, asked for while it is asked about (null: it is not). `count` is null where
// that could not be found out.
export function useKeyCount(which: () => KeyQuery | null) {
  const { data, error } = useResource(which, async (query, signal) => (query ? listKeys({ ...query, limit: 1 }, signal) : null))
  return {
    count: computed(() => (error.value ? null : (data.value?.total ?? null))),
    atLeast: computed(() => data.value?.total_at_least ?? false),
    counting: computed(() => which() !== null && data.value === null && error.value === null),
  }
}
