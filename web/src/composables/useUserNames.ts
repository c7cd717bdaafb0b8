import { computed } from 'vue'
import { PAGE_MAX } from '@/api/pages'
import { getUser, listUsers, type User } from '@/api/users'
import { useSession } from '@/stores/session'
import { useNames } from './useNames'

const named = ({ id, name, username }: Pick<User, 'id' | 'name' | 'username'>) => ({ id, label: name || username })

// Users as choices and by id: the first 200, those that a search has found, and those whose name was asked
// for. Who is no administrator sees only themselves.
export function useUserNames() {
  const session = useSession()
  const { known, learn, nameOf, search } = useNames({
    list: async (username, signal) => (session.isAdmin ? (await listUsers({ limit: PAGE_MAX, sort: 'username', ...(username && { username }) }, signal)).data.map(named) : null),
    get: async (id, signal) => named(await getUser(id, signal)),
  })
  if (session.user) learn([named(session.user)])
  const options = computed(() => [...known.value].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label)))
  return { options, userName: nameOf, search }
}
