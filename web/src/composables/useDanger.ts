import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { useProof } from '@/stores/proof'

export interface Danger<Subject> {
  asked: ShallowRef<Subject | null> // what is asked about now
  busy: Ref<boolean>
  error: ShallowRef<ApiError | null> // shown where it was asked
  ask: (subject: Subject) => void
  cancel: () => void
  run: () => Promise<void>
}

// An act that asks first (DangerDialog): what it is asked about stays until it is done or left.
export function useDanger<Subject>(act: (subject: Subject) => Promise<unknown>): Danger<Subject> {
  const { proven } = useProof()
  const asked: ShallowRef<Subject | null> = shallowRef(null)
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)

  function ask(subject: Subject) {
    error.value = null
    asked.value = subject
  }

  async function run() {
    const subject = asked.value
    if (subject === null || busy.value) return
    busy.value = true
    error.value = null
    try {
      await proven(() => act(subject))
      asked.value = null
    } catch (failure) {
      error.value = asApiError(failure)
    } finally {
      busy.value = false
    }
  }

  return { asked, busy, error, ask, cancel: () => void (asked.value = null), run }
}
