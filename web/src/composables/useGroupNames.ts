import { computed } from 'vue'
import { listGroups } from '@/api/groups'
import { allPages, PAGE_MAX } from '@/api/pages'
import { useSession } from '@/stores/session'
import { useResource } from './useResource'

// Groups as choices and by id, by name. Only administrators see them.
export function useGroupNames() {
  const session = useSession()
  const { data } = useResource(
    () => session.isAdmin,
    (admin, signal) => (admin ? allPages((page) => listGroups({ page, limit: PAGE_MAX, sort: 'name' }, signal)) : Promise.resolve([])),
  )
  const options = computed(() => (data.value ?? []).map(({ id, name }) => ({ value: id, label: name })))
  const names = computed(() => new Map(options.value.map(({ value, label }) => [value, label])))
  const groupName = (id: number) => names.value.get(id) ?? `#${id}`
  return { options, groupName }
}
