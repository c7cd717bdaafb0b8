import { listAudit } from '@/api/audit'
import { wrongNow } from '@/api/alerts'
import { logConflicts } from '@/api/monitoring'
import { useSettled } from '@/composables/useSettled'
import { usePolling } from '@/composables/usePolling'
import { useResource } from '@/composables/useResource'
import { useStatus } from '@/stores/status'

const LIVE_MS = 2_000
const WRONG_MS = 30_000
const CONFLICTS = 5
const CHANGES = 20

// All that the page shows: the state every 2 s (the top bar is told of it too), what is wrong every 30 s, the last
// revisions with each new one.
export function useMonitoring() {
  const whole = useStatus()
  const status = useResource(() => 0, (_, signal) => whole.load(signal))
  const wrong = useResource(() => 0, (_, signal) => wrongNow(signal))
  const conflicts = useResource(
    () => status.data.value?.conflicts ?? 0,
    (count, signal) => (count > 0 ? logConflicts(CONFLICTS, signal) : Promise.resolve(null)),
  )
  const changes = useResource(
    () => status.data.value?.revision ?? 0,
    (_, signal) => listAudit({ has_revision: 'true', limit: CHANGES }, signal),
  )
  const { paused } = usePolling(status.poll, LIVE_MS)
  usePolling(wrong.poll, WRONG_MS)
  return { status, wrong, conflicts, changes, paused, arrived: useSettled([status, wrong, changes]) }
}
