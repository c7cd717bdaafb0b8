import type { Ref } from 'vue'
import { useDanger } from '@/composables/useDanger'
import type { Turn } from './useConversation'

interface Loss {
  count: number // turns that go
  go: () => Promise<unknown>
}

// An act that takes turns away: the last one alone goes unasked, since it is asked anew or just been seen.
export function useTurnLoss(turns: Ref<Turn[]>) {
  const danger = useDanger(({ go }: Loss) => go())

  // `from`: the first turn that goes; 0: all of them.
  function lose(from: number, go: () => Promise<unknown>) {
    const at = from ? turns.value.findIndex(({ id }) => id === from) : 0
    const count = at < 0 ? 0 : turns.value.length - at
    if (count <= 1) return go()
    danger.ask({ count, go })
    return Promise.resolve()
  }

  return { ...danger, lose }
}
