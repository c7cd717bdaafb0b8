import { computed, ref } from 'vue'
import { getKey, listKeys } from '@/api/keys'
import { useResource } from './useResource'

const SHOWN = 50

// Keys by a part of their name, and the chosen one, wherever in the list it stands.
export function useKeyChoices(chosen: () => number) {
  const words = ref('')
  const found = useResource(
    () => ({ name: words.value || undefined, limit: SHOWN, sort: 'name' as const }),
    (query, signal) => listKeys(query, signal),
  )
  const one = useResource(chosen, (id, signal) => (id ? getKey(id, signal) : Promise.resolve(null)))
  const keys = computed(() => {
    const listed = found.data.value?.data ?? []
    const mine = one.data.value
    return mine && mine.id === chosen() && !listed.some(({ id }) => id === mine.id) ? [mine, ...listed] : listed
  })
  const options = computed(() => keys.value.map(({ id, name, key_hint }) => ({ value: id, label: `${name} · ${key_hint}` })))
  return { keys, options, loading: found.loading, search: (text: string) => (words.value = text.trim()) }
}
