import type { ComputedRef } from 'vue'
import { usageSeries, usageSummary } from '@/api/usage'
import { useResource } from '@/composables/useResource'
import { useUi } from '@/stores/ui'
import { usageBounds, usageSubjects, type UsageState } from './usageFilters'

const TOP = 6

// The report's two questions: over time, and summed up, both of one range and one filter.
export function useUsage(state: ComputedRef<UsageState>, admin: () => boolean) {
  const ui = useUi()
  const common = () => {
    const { range, from, to, bucket, scope, sort, by, split } = state.value
    return { range, from, to, bucket, scope, sort, by, split, subjects: usageSubjects(state.value, admin()), zone: ui.zoneId }
  }
  const series = useResource(
    () => ({ ...common(), split: '' }),
    async (q, signal) => {
      const bounds = usageBounds(q, q.zone)
      return { by: q.by, bucket: bounds.bucket, report: await usageSeries({ ...bounds, tz: q.zone, ...q.subjects, by: [q.by], sort: q.sort, top: TOP }, signal) }
    },
  )
  const summary = useResource(
    () => ({ ...common(), bucket: '' as const }),
    async (q, signal) => {
      const { from, to } = usageBounds(q, q.zone)
      const by = q.split && q.split !== q.by ? [q.by, q.split] : [q.by]
      return { by: q.by, split: q.split, report: await usageSummary({ from, to, tz: q.zone, ...q.subjects, by, sort: q.sort, compare: 'previous' }, signal) }
    },
  )
  return { series, summary }
}
