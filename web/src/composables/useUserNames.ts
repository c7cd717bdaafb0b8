import { computed } from 'vue'
import { listUsers } from '@/api/users'
import { useSession } from '@/stores/session'
import { useResource } from './useResource'

// Users as choices and by id; the first 200. Who is no administrator sees only themselves.
export function useUserNames() {
  const session = useSession()
  const { data } = useResource(
    () => ({ limit: 200, sort: 'username' as const }),
    (query, signal) => (session.isAdmin ? listUsers(query, signal) : Promise.resolve(null)),
  )
  const all = computed(() => data.value?.data ?? (session.user ? [session.user] : []))
  const options = computed(() => all.value.map(({ id, name, username }) => ({ value: id, label: name || username })))
  const names = computed(() => new Map(options.value.map(({ value, label }) => [value, label])))
  const userName = (id: number) => names.value.get(id) ?? `#${id}`
  return { options, userName }
}
