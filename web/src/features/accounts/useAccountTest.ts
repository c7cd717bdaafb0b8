import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { asApiError, isAbort, type ApiError } from '@/api/errors'
import { findTestLog, type LogRow } from '@/api/logs'
import { testAccount, type AccountTest, type TestBody } from '@/api/accounts'
import { awaitLog } from '@/composables/awaitLog'
import { isPhase, type PhaseName } from '@/domain/phases'

export type TestState = 'idle' | 'running' | 'stopped' | 'done' | 'failed'

// One test at a time: what comes is shown as it comes, what came stays when it is stopped.
export function useAccountTest(id: () => number) {
  const state = ref<TestState>('idle')
  const text = ref('')
  const reached = ref<Partial<Record<PhaseName, number>>>({})
  const result = shallowRef<AccountTest | null>(null)
  const error = shallowRef<ApiError | null>(null)
  const log = shallowRef<LogRow | null>(null) // once the ledger has it
  let running: AbortController | null = null

  function begin(): AbortController {
    running?.abort()
    state.value = 'running'
    text.value = ''
    reached.value = {}
    result.value = error.value = log.value = null
    return (running = new AbortController())
  }

  async function run(body: TestBody) {
    const mine = begin()
    const isMine = () => running === mine
    const sink = {
      phase: (name: string, atUs: number) => {
        if (isMine() && isPhase(name)) reached.value = { ...reached.value, [name]: atUs }
      },
      text: (piece: string) => {
        if (isMine()) text.value += piece
      },
    }
    try {
      const told = await testAccount(id(), body, sink, mine.signal)
      if (!isMine()) return
      result.value = told
      state.value = 'done'
      if (told.request_id) void tellCost(told.request_id, mine)
    } catch (failure) {
      if (!isMine()) return
      state.value = isAbort(failure) ? 'stopped' : 'failed'
      if (!isAbort(failure)) error.value = asApiError(failure)
    }
  }

  // Where the ledger does not answer nothing is said of it.
  async function tellCost(request: string, mine: AbortController) {
    const found = await awaitLog((signal) => findTestLog(request, signal), mine.signal)
    if (running === mine) log.value = found
  }

  // The whole answer's own timings, once they are there; before, what has been told.
  const phases = computed((): Partial<Record<PhaseName, number | null>> => {
    const timings = result.value?.timings as Record<string, number | null> | undefined
    if (!timings) return reached.value
    return Object.fromEntries(Object.entries(timings).map(([name, us]) => [name.replace(/_us$/, ''), us]))
  })

  const stop = () => running?.abort()
  onScopeDispose(() => {
    const last = running
    running = null
    last?.abort()
  })
  return { state, text: computed(() => result.value?.text || text.value), phases, result, log, error, run, stop }
}
