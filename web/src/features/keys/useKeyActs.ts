import { shallowRef } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { enableKey, rotateKey, type Key, type KeyWithText } from '@/api/keys'
import { useDanger } from '@/composables/useDanger'
import { useSaved } from '@/composables/useSaved'
import { useUnderWay } from '@/composables/useUnderWay'
import { useProof } from '@/stores/proof'
import { KEY_STOPS, OVERLAPS_MS, type KeyAct, type KeyStop, type Overlap } from './keyActs'

export interface AskedKey {
  act: KeyStop | 'rotate'
  key: Key
}

// What is done with one key, from its row or its drawer. What stops requests asks first (KeyActDialog); to enable one
// stops nothing: it is done at once.
export function useKeyActs(done: (act: KeyAct, key: Key) => void, made: (key: KeyWithText) => void) {
  const { saved } = useSaved()
  const { proven } = useProof()

  const stopping = useDanger(async ({ act, key, overlap }: AskedKey & { overlap: Overlap }) => {
    if (act === 'rotate') {
      const { data, revision } = await rotateKey(key.id, OVERLAPS_MS[overlap])
      void saved(revision)
      return made(data)
    }
    void saved((await KEY_STOPS[act](key)).revision)
    done(act, key)
  })
  const { underWay: enabling, once } = useUnderWay<number>()
  const enableError = shallowRef<ApiError | null>(null)

  async function enable(key: Key) {
    enableError.value = null
    try {
      void saved((await proven(() => enableKey(key.id))).revision)
      done('enable', key)
    } catch (failure) {
      enableError.value = asApiError(failure)
    }
  }

  function act(name: KeyAct, key: Key) {
    if (name !== 'enable') return stopping.ask({ act: name, key, overlap: 'now' })
    void once(key.id, () => enable(key))
  }

  function confirm(overlap: Overlap) {
    if (stopping.asked.value) stopping.asked.value = { ...stopping.asked.value, overlap }
    return stopping.run()
  }

  const { asked, busy, error, cancel } = stopping
  return { act, confirm, cancel, asked, busy, error, enabling, enableError }
}
