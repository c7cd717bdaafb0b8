import { enableKey, rotateKey, type Key, type KeyWithText } from '@/api/keys'
import { useDanger } from '@/composables/useDanger'
import { useSaved } from '@/composables/useSaved'
import { KEY_STOPS, OVERLAPS_MS, type KeyAct, type KeyStop, type Overlap } from './keyActs'

export interface AskedKey {
  act: KeyStop | 'rotate'
  key: Key
}

// What is done with one key, from its row or its drawer. What stops requests asks first (KeyActDialog); to enable one
// stops nothing: it is done at once.
export function useKeyActs(done: (act: KeyAct, key: Key) => void, made: (key: KeyWithText) => void) {
  const { saved } = useSaved()

  const stopping = useDanger(async ({ act, key, overlap }: AskedKey & { overlap: Overlap }) => {
    if (act === 'rotate') {
      const { data, revision } = await rotateKey(key.id, OVERLAPS_MS[overlap])
      void saved(revision)
      return made(data)
    }
    void saved((await KEY_STOPS[act](key)).revision)
    done(act, key)
  })
  const enabling = useDanger(async (key: Key) => {
    void saved((await enableKey(key.id)).revision)
    done('enable', key)
  })

  function act(name: KeyAct, key: Key) {
    if (name !== 'enable') return stopping.ask({ act: name, key, overlap: 'now' })
    enabling.ask(key)
    void enabling.run()
  }

  function confirm(overlap: Overlap) {
    if (stopping.asked.value) stopping.asked.value = { ...stopping.asked.value, overlap }
    return stopping.run()
  }

  const { asked, busy, error, cancel } = stopping
  return { act, confirm, cancel, asked, busy, error, enabling: enabling.busy, enableError: enabling.error }
}
