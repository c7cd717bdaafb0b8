import { onScopeDispose, ref, shallowRef, watch } from 'vue'
import { asApiError } from '@/api/errors'
import { useResource } from './useResource'

const AGAIN_MS = 30_000

export interface Named {
  id: number
  label: string
}

// Where names come from: those that a list gives for what was typed, and one by its id. Null: not for this reader.
export interface NameSource {
  list: (words: string, signal: AbortSignal) => Promise<Named[] | null>
  get: (id: number, signal: AbortSignal) => Promise<Named>
  onlyFound?: boolean // nothing is listed before something was typed
}

// Names by id of one kind of thing: those that were listed, and those whose name was asked for.
export function useNames({ list, get, onlyFound = false }: NameSource) {
  const words = ref('')
  const known = shallowRef(new Map<number, string>())
  const asked = new Set<number>()
  const ended = new AbortController()
  const timers = new Set<ReturnType<typeof setTimeout>>()
  onScopeDispose(() => {
    ended.abort()
    timers.forEach(clearTimeout)
  })

  const learn = (names: Named[]) => (known.value = new Map([...known.value, ...names.map(({ id, label }) => [id, label] as const)]))
  const { data } = useResource(
    () => words.value,
    (typed, signal) => (onlyFound && !typed ? Promise.resolve([]) : list(typed, signal)),
  )
  watch(data, (names) => learn(names ?? []))

  async function look(id: number) {
    asked.add(id)
    try {
      learn([await get(id, ended.signal)])
    } catch (failure) {
      if (asApiError(failure).status === 404) learn([{ id, label: `#${id}` }]) // there no more
      else timers.add(setTimeout(() => asked.delete(id), AGAIN_MS)) // not known now: asked again when it is shown then
    }
  }

  // A name that is not known is asked for once, when the first answer is there; where admin did not answer, again.
  function nameOf(id: number): string {
    const name = known.value.get(id)
    if (name === undefined && id > 0 && data.value && !asked.has(id)) void look(id)
    return name ?? `#${id}`
  }

  return { known, learn, nameOf, search: (text: string) => (words.value = text.trim()) }
}
