import { computed, shallowRef, watch } from 'vue'
import { asApiError, type ApiError } from '@/api/errors'
import { endRerate, getRerate, startRerate, type RerateBody, type RerateWithModels } from '@/api/rerate'
import { usePolling } from '@/composables/usePolling'
import { useResource } from '@/composables/useResource'
import { useProof } from '@/stores/proof'

const POLL_MS = 1_000

// One run, followed until it ends; what it counted can be written by a second run of the same question.
export function useRerate(run: () => number, follow: (run: number) => void) {
  const { proven } = useProof()
  const failure = shallowRef<ApiError | null>(null)
  const busy = shallowRef(false)
  const resource = useResource(run, (id, signal) => (id ? getRerate(id, signal) : Promise.resolve<RerateWithModels | null>(null)))
  const running = computed(() => resource.data.value?.state === 'running')
  const polling = usePolling(resource.poll, POLL_MS)
  polling.paused.value = true
  watch(running, (on) => (polling.paused.value = !on), { immediate: true })

  // Null when it was refused.
  async function attempt<Result>(work: () => Promise<Result>): Promise<Result | null> {
    busy.value = true
    failure.value = null
    try {
      return await work()
    } catch (error) {
      failure.value = asApiError(error)
      return null
    } finally {
      busy.value = false
    }
  }

  const start = (body: RerateBody) =>
    attempt(async () => {
      const { id } = await proven(() => startRerate(body))
      follow(id)
      return id
    })
  const end = () =>
    attempt(async () => {
      await endRerate(run())
      await resource.reload()
    })

  return { run: resource.data, error: resource.error, reload: resource.reload, running, failure, busy, start, end }
}
