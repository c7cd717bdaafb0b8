import { integer, many, oneOf, text, type StateOf } from '@/composables/useUrlState'
import { bucketFor, reportBounds, REPORT_RANGES, type Bounds, type Bucket } from '@/domain/reportRange'
import { LATENCIES } from '@/domain/latency'
import { BYS, FILTER_OF, VIEWS } from '@/domain/usage'

export const BUCKETS = ['', 'hour', 'day', 'month', 'year'] as const
export const SORTS = ['-cost', '-tokens', '-requests'] as const

export const USAGE_FILTERS = {
  tab: oneOf(['report', 'reconcile'] as const, 'report'),
  range: oneOf(REPORT_RANGES, '7d'),
  from: text(),
  to: text(),
  scope: oneOf(['all', 'mine'] as const, 'all'),
  by: oneOf(BYS, 'model'),
  split: oneOf(['', ...BYS] as const, ''),
  measure: oneOf(VIEWS, 'cost'),
  of: oneOf(LATENCIES, 'latency'),
  bucket: oneOf(BUCKETS, ''),
  sort: oneOf(SORTS, '-cost'),
  model: many(),
  key_id: many(),
  user_id: many(),
  group_id: many(),
  account_id: many(),
  page: integer(1),
}

export type UsageState = StateOf<typeof USAGE_FILTERS>

const HOUR_MS = 3_600_000
const SIZE_MS = { hour: HOUR_MS, day: 24 * HOUR_MS, month: 28 * 24 * HOUR_MS, year: 365 * 24 * HOUR_MS }
const BUCKETS_MAX = 2_000 // of one answer

// Days of the reader's clock may begin up to a day before or after UTC's.
const fits = (bucket: Bucket, from: string, to: string) => (Date.parse(to) - Date.parse(from) + 24 * HOUR_MS) / SIZE_MS[bucket] <= BUCKETS_MAX

// Those that the range is not too long for.
export function bucketsFor(state: Pick<UsageState, 'range' | 'from' | 'to'>, zone: string, now = new Date()): Bucket[] {
  const { from, to } = usageBounds({ ...state, bucket: '' }, zone, now)
  return BUCKETS.filter((bucket) => bucket !== '').filter((bucket) => fits(bucket, from, to))
}

// Buckets as asked for where they fit, else as are usual for the range.
export function usageBounds(state: Pick<UsageState, 'range' | 'from' | 'to' | 'bucket'>, zone: string, now = new Date()): Bounds {
  const open = reportBounds(state.range, zone, now)
  const from = state.from || (state.to ? '' : open.from)
  const to = state.to || open.to
  const fitting: Bucket = state.from || state.to ? bucketFor(from || to, to) : open.bucket
  const begin = from || open.from
  return { from: begin, to, bucket: state.bucket && fits(state.bucket, begin, to) ? state.bucket : fitting }
}

// Of whom and of what; what cannot be read as a number is no filter.
export function usageSubjects(state: UsageState, admin: boolean) {
  const chosen = BYS.map((by) => FILTER_OF[by]).filter((name) => state[name].length > 0)
  return {
    ...(admin && { scope: state.scope }),
    ...Object.fromEntries(chosen.map((name) => [name, name === 'model' ? state.model : state[name].map(Number).filter((id) => Number.isSafeInteger(id) && id >= 0)])),
  }
}
