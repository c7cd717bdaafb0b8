import { computed } from 'vue'
import { listGroups } from '@/api/groups'
import { useResource } from './useResource'

// Groups as choices and by id; the first 200, which is more than anybody has seen.
export function useGroupNames() {
  const { data } = useResource(
    () => ({ limit: 200, sort: 'name' as const }),
    (query, signal) => listGroups(query, signal),
  )
  const options = computed(() => (data.value?.data ?? []).map(({ id, name }) => ({ value: id, label: name })))
  const names = computed(() => new Map(options.value.map(({ value, label }) => [value, label])))
  const groupName = (id: number) => names.value.get(id) ?? `#${id}`
  return { options, groupName }
}
