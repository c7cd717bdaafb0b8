import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { asApiError } from '@/api/errors'
import { getUser, listUsers, type User } from '@/api/users'
import { PAGE_MAX } from '@/api/pages'
import { useSession } from '@/stores/session'
import { useResource } from './useResource'

type Named = Pick<User, 'id' | 'name' | 'username'>
const AGAIN_MS = 30_000
const labelOf = ({ name, username }: Named) => name || username

// Users as choices and by id: the first 200, those that a search has found, and those whose name was asked
// for. Who is no administrator sees only themselves.
export function useUserNames() {
  const session = useSession()
  const words = ref('')
  const known = shallowRef(new Map<number, string>())
  const asked = new Set<number>()
  const ended = new AbortController()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  onScopeDispose(() => {
    ended.abort()
    timers.forEach(clearTimeout)
  })

  const learn = (users: Named[]) => (known.value = new Map([...known.value, ...users.map((user) => [user.id, labelOf(user)] as const)]))
  const { data } = useResource(
    () => ({ limit: PAGE_MAX, sort: 'username' as const, ...(words.value && { username: words.value }) }),
    (query, signal) => (session.isAdmin ? listUsers(query, signal) : Promise.resolve(null)),
  )
  watch(data, (page) => learn(page?.data ?? []))
  if (session.user) learn([session.user])

  async function look(id: number) {
    asked.add(id)
    try {
      learn([await getUser(id, ended.signal)])
    } catch (failure) {
      if (asApiError(failure).status === 404) learn([{ id, name: `#${id}`, username: '' }]) // nobody any more
      else timers.add(setTimeout(() => asked.delete(id), AGAIN_MS)) // not known now: asked again when it is shown then
    }
  }

  // A name that is not known is asked for once, when the first answer is there; where admin did not answer, again.
  function userName(id: number): string {
    const name = known.value.get(id)
    if (name === undefined && id > 0 && data.value && !asked.has(id)) void look(id)
    return name ?? `#${id}`
  }

  const options = computed(() => [...known.value].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label)))
  return { options, userName, search: (text: string) => (words.value = text.trim()) }
}
