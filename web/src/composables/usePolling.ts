import { onScopeDispose, ref, watch, type Ref } from 'vue'

const PAUSE_MS_MAX = 60_000

export interface Polling {
  paused: Ref<boolean>
  now: () => void // at once, and the clock starts anew
}

// Calls `work` every `everyMs` while the page is seen; the pause doubles with each failure, to a minute.
// The first call comes after `everyMs`: who polls has loaded already.
export function usePolling(work: () => Promise<unknown>, everyMs: number): Polling {
  const paused = ref(false)
  let failures = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let ended = false

  const pause = () => Math.min(everyMs * 2 ** failures, Math.max(PAUSE_MS_MAX, everyMs))
  const idle = () => paused.value || document.hidden

  function plan() {
    clearTimeout(timer)
    if (!ended && !idle()) timer = setTimeout(run, pause())
  }

  async function run() {
    clearTimeout(timer)
    try {
      await work()
      failures = 0
    } catch {
      failures += 1 // whoever shows the data shows the error too
    }
    plan()
  }

  const onVisible = () => (idle() ? clearTimeout(timer) : void run())
  document.addEventListener('visibilitychange', onVisible)
  watch(paused, () => (idle() ? clearTimeout(timer) : void run()))
  onScopeDispose(() => {
    ended = true
    clearTimeout(timer)
    document.removeEventListener('visibilitychange', onVisible)
  })
  plan()
  return { paused, now: () => void run() }
}
