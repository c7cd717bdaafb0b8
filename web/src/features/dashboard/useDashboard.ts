import { computed } from 'vue'
import { accountCounts } from '@/api/accountCounts'
import { logStats } from '@/api/logs'
import { usageErrors, usageLatency, usageSeries, usageSummary, usageTop, type UsageTop } from '@/api/usage'
import { useSettled } from '@/composables/useSettled'
import { usePolling } from '@/composables/usePolling'
import { useResource, type Resource } from '@/composables/useResource'
import { reportBounds, type ReportRange } from '@/domain/reportRange'
import type { By } from '@/domain/usage'
import { useUi } from '@/stores/ui'

export interface Question {
  range: ReportRange
  scope: 'all' | 'mine'
  admin: boolean
}

const TILES_MS = 5_000
const CHARTS_MS = 30_000
const TOP = 5
const CLASSES = 6 // as many as there are colours

const polled = (resources: Resource<unknown>[], everyMs: number) =>
  usePolling(() => Promise.all(resources.map((resource) => resource.poll())), everyMs)

// The dashboard's figures: all of one range, tiles every 5 s, charts and rankings every 30 s.
export function useDashboard(question: () => Question) {
  const ui = useUi()
  const bounds = (asked: Question) => {
    const { from, to, bucket } = reportBounds(asked.range, ui.zoneId)
    return { query: { from, to, tz: ui.zoneId, ...(asked.admin && { scope: asked.scope }) }, bucket }
  }
  const asked = () => ({ ...question(), zone: ui.zoneId })

  const summary = useResource(asked, (q, signal) => usageSummary({ ...bounds(q).query, compare: 'previous' }, signal))
  const stats = useResource(asked, (q, signal) => (q.admin ? logStats(bounds(q).query, signal) : Promise.resolve(null)))
  // The log's own figures are administrators'; how long answers took, everybody may ask of their own.
  const latency = useResource(asked, (q, signal) => {
    const { query, bucket } = bounds(q)
    return q.admin ? Promise.resolve(null) : usageLatency({ ...query, bucket }, signal)
  })
  const series = useResource(asked, async (q, signal) => {
    const { query, bucket } = bounds(q)
    return { report: await usageSeries({ ...query, bucket, by: ['model'], top: TOP }, signal), bucket }
  })
  const errors = useResource(asked, async (q, signal) => {
    const { query, bucket } = bounds(q)
    return { report: await usageErrors({ ...query, bucket, top: CLASSES }, signal), bucket }
  })
  const tops = useResource(asked, async (q, signal) => {
    const bys: By[] = q.admin && q.scope === 'all' ? ['key', 'model', 'account'] : ['key', 'model']
    const found = await Promise.all(bys.map((by) => usageTop({ ...bounds(q).query, by: [by], limit: TOP }, signal)))
    return bys.map((by, i): { by: By; top: UsageTop } => ({ by, top: found[i]! }))
  })
  const accounts = useResource(
    () => question().admin,
    (admin, signal) => (admin ? accountCounts(signal) : Promise.resolve(null)),
  )

  const arrived = useSettled([summary, stats, latency, series, errors, tops, accounts])
  const tiles = polled([summary, stats], TILES_MS)
  const charts = polled([latency, series, errors, tops, accounts], CHARTS_MS)
  const paused = computed({
    get: () => tiles.paused.value,
    set: (stop) => {
      tiles.paused.value = charts.paused.value = stop
    },
  })
  return { summary, stats, latency, series, errors, tops, accounts, paused, arrived }
}
