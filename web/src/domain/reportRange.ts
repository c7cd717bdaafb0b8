// From when to when a report goes, cut where the reader's clock cuts: hours for a day, days for weeks.
import { isoSeconds, localDay, localMinute, type Zone } from './time'

export const REPORT_RANGES = ['1h', '24h', '7d', '30d', '90d', '12mo'] as const
export type ReportRange = (typeof REPORT_RANGES)[number]
export type Bucket = 'hour' | 'day' | 'month' | 'year'

export interface Bounds {
  from: string
  to: string
  bucket: Bucket
}

const HOUR_MS = 3_600_000
const QUARTER_MS = HOUR_MS / 4
const DAYS: Partial<Record<ReportRange, number>> = { '7d': 7, '30d': 30, '90d': 90 }

// Sums are kept by the quarter-hour, and one that a range touches counts whole.
const quarterOf = (ms: number) => new Date(ms - (ms % QUARTER_MS))

// The first bucket is whole, the last one goes on: 24h is 23 whole hours and the one that runs, 1h the quarter-hour that holds
// what was an hour ago and all after it.
export function reportBounds(range: ReportRange, zone: Zone = '', now = new Date()): Bounds {
  const to = isoSeconds(now)
  if (range === '1h') return { from: isoSeconds(quarterOf(now.getTime() - HOUR_MS)), to, bucket: 'hour' }
  if (range === '24h') {
    const intoHour = localMinute(now, zone) * 60_000 + (now.getTime() % 60_000)
    return { from: isoSeconds(new Date(now.getTime() - 23 * HOUR_MS - intoHour)), to, bucket: 'hour' }
  }
  const today = localDay(now, zone)
  if (range === '12mo') return { from: monthsBefore(today, 11), to, bucket: 'month' }
  return { from: daysBefore(today, DAYS[range]! - 1), to, bucket: 'day' }
}

// Days of the calendar, whatever the clock does.
export function daysBefore(day: string, count: number): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) - count * 24 * HOUR_MS).toISOString().slice(0, 10)
}

export function monthsBefore(day: string, count: number): string {
  const months = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1 - count
  return `${Math.floor(months / 12)}-${String((months % 12) + 1).padStart(2, '0')}-01`
}

// What the server calls a bucket, as short as its neighbours allow: 14:00, 05-03, 2026-05.
export function bucketLabel(label: string, bucket: Bucket, manyDays = false): string {
  if (bucket === 'hour') return manyDays ? `${label.slice(5, 10)} ${label.slice(11, 16)}` : label.slice(11, 16)
  return bucket === 'day' ? label.slice(5) : label
}

// Buckets that a chart can show, and the server gives: 2,000 at most.
export function bucketFor(from: string, to: string): Bucket {
  const days = (Date.parse(to) - Date.parse(from)) / (24 * HOUR_MS)
  if (!(days > 3)) return 'hour'
  return days <= 120 ? 'day' : 'month'
}
