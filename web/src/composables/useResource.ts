import { computed, onScopeDispose, ref, shallowRef, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import { asApiError, isAbort, type ApiError } from '@/api/errors'

export interface Resource<Data> {
  data: ShallowRef<Data | null>
  error: ShallowRef<ApiError | null>
  fresh: ComputedRef<boolean> // the data answer what is asked now: else they are another question's
  loading: Ref<boolean> // a call is under way; what was there stays
  loadedAt: ShallowRef<Date | null>
  reload: () => Promise<void>
  poll: () => Promise<void> // the same, but it throws: for usePolling, which backs off then
}

// Loads at once and whenever `question` changes; an older answer never replaces a newer one. While a
// question has no answer yet, the last one's data stay, so that nothing jumps.
export function useResource<Question, Data>(
  question: () => Question,
  load: (question: Question, signal: AbortSignal) => Promise<Data>,
): Resource<Data> {
  const data = shallowRef<Data | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const loadedAt = shallowRef<Date | null>(null)
  const loading = ref(false)
  const asked = computed(() => JSON.stringify(question()))
  const answered = shallowRef<string | null>(null)
  const fresh = computed(() => answered.value === asked.value)
  let running: AbortController | null = null

  async function reload() {
    running?.abort()
    const mine = (running = new AbortController())
    const asks = asked.value
    loading.value = true
    try {
      const loaded = await load(question(), mine.signal)
      if (running !== mine) return
      data.value = loaded
      answered.value = asks
      error.value = null
      loadedAt.value = new Date()
    } catch (failure) {
      if (running !== mine || isAbort(failure)) return
      error.value = asApiError(failure)
    } finally {
      if (running === mine) loading.value = false
    }
  }

  async function poll() {
    await reload()
    if (error.value) throw error.value
  }

  watch(asked, reload, { immediate: true })
  onScopeDispose(() => {
    running?.abort()
    running = null
  })
  return { data, error, fresh, loading, loadedAt, reload, poll }
}
