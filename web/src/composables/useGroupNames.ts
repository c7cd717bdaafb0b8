import { computed } from 'vue'
import { listGroups } from '@/api/groups'
import { useSession } from '@/stores/session'
import { useResource } from './useResource'

// Groups as choices and by id; the first 200, which is more than anybody has seen. Only administrators see them.
export function useGroupNames() {
  const session = useSession()
  const { data } = useResource(
    () => ({ limit: 200, sort: 'name' as const }),
    (query, signal) => (session.isAdmin ? listGroups(query, signal) : Promise.resolve(null)),
  )
  const options = computed(() => (data.value?.data ?? []).map(({ id, name }) => ({ value: id, label: name })))
  const names = computed(() => new Map(options.value.map(({ value, label }) => [value, label])))
  const groupName = (id: number) => names.value.get(id) ?? `#${id}`
  return { options, groupName }
}
