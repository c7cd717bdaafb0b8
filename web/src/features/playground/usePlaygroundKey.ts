import { computed, ref } from 'vue'
import { listKeys } from '@/api/keys'
import { useKeyToken } from '@/composables/useKeyToken'
import { useResource } from '@/composables/useResource'

const KEYS_MAX = 200

// As which key requests are sent: one of one's own, by a token, or one that is pasted.
export function usePlaygroundKey(chosen: () => number) {
  const pasted = ref('')
  const { tokenOf } = useKeyToken()
  const { data, error } = useResource(
    () => ({ status: 'active' as const, scope: 'mine' as const, limit: KEYS_MAX, sort: 'name' as const }),
    (query, signal) => listKeys(query, signal),
  )
  const keys = computed(() => data.value?.data ?? [])
  // A key that was chosen and is not there is no other one: who pays is not guessed.
  const first = () => (pasted.value || chosen() ? null : keys.value[0] ?? null)
  const key = computed(() => keys.value.find(({ id }) => id === chosen()) ?? first())
  const ready = computed(() => pasted.value.trim() !== '' || key.value !== null)
  const secret = () => (pasted.value.trim() ? Promise.resolve(pasted.value.trim()) : tokenOf(key.value!.id))
  return { keys, key, pasted, ready, secret, error, loaded: computed(() => data.value !== null) }
}
