import { shallowRef, watch, type ComputedRef, type ShallowRef } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { usePolling } from '@/composables/usePolling'

const LOOK_MS = 2_000

// The live tail's looks, paused at first: each is an answer of its own. How old what is shown is goes by the last one,
// and why it cannot be had is said. `look` says whether it has seen what there is.
export function useLooks(look: () => Promise<boolean>, canTail: ComputedRef<boolean>, loadedAt: ShallowRef<Date | null>) {
  const lookedAt = shallowRef<Date | null>(null)
  const lookError = shallowRef<ApiError | null>(null)

  async function attempt() {
    try {
      if (await look()) lookedAt.value = new Date()
      lookError.value = null
    } catch (failure) {
      lookError.value = asApiError(failure)
      throw failure
    }
  }

  const tail = usePolling(attempt, LOOK_MS)
  tail.paused.value = true
  watch(loadedAt, (at) => {
    lookedAt.value = at
    lookError.value = null
  })
  watch([tail.paused, canTail], () => (lookError.value = null)) // who does not look misses nothing
  return { lookedAt, lookError, lookNow: tail.now, tailPaused: tail.paused }
}
