import { ref, shallowRef, type Ref, type ShallowRef } from 'vue'
import { ApiError, asApiError } from '@/api/errors'
import { useProof } from '@/stores/proof'

export interface Danger<Subject> {
  asked: ShallowRef<Subject | null> // what is asked about now
  busy: Ref<boolean>
  error: ShallowRef<ApiError | null> // shown where it was asked
  ask: (subject: Subject) => void
  cancel: () => void
  run: () => Promise<void>
}

const ownVersion = (subject: unknown) => (subject as { version?: unknown }).version

// An act that asks first (DangerDialog): what it is asked about stays until it is done or left. Where somebody else
// has changed it meanwhile, `readAgain` says what it is now: that is asked about once more, and nothing is done unseen.
// It is its version that tells (`versionOf`): live figures of a record differ with each reading.
export function useDanger<Subject>(
  act: (subject: Subject) => Promise<unknown>,
  readAgain?: (subject: Subject) => Promise<Subject | null>,
  versionOf: (subject: Subject) => unknown = ownVersion,
): Danger<Subject> {
  const { proven } = useProof()
  const asked: ShallowRef<Subject | null> = shallowRef(null)
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)

  function ask(subject: Subject) {
    error.value = null
    asked.value = subject
  }

  async function whyNot(subject: Subject, failure: ApiError): Promise<ApiError> {
    if (!failure.isConflict || !readAgain) return failure
    const now = await readAgain(subject).catch(() => null)
    if (now === null || versionOf(now) === versionOf(subject)) return failure // another conflict: it is in use
    asked.value = now
    return new ApiError(failure.status, 'changed_meanwhile', '', {}, failure.requestId)
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
      error.value = await whyNot(subject, asApiError(failure))
    } finally {
      busy.value = false
    }
  }

  return { asked, busy, error, ask, cancel: () => void (asked.value = null), run }
}
