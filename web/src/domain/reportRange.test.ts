import { describe, expect, it } from 'vitest'
import { bucketFor, bucketLabel, daysBefore, monthsBefore, reportBounds } from './reportRange'

const NOW = new Date('2026-03-01T02:17:45.300Z')

describe('reportBounds', () => {
  it.each([
    ['1h', 'UTC', '2026-03-01T01:15:00Z', 'hour'],
    ['24h', 'UTC', '2026-02-28T03:00:00Z', 'hour'],
    ['24h', 'Asia/Kolkata', '2026-02-28T02:30:00Z', 'hour'], // 07:47 there: hours begin at half past
    ['7d', 'UTC', '2026-02-23', 'day'],
    ['7d', 'America/New_York', '2026-02-22', 'day'], // still the last of February there
    ['30d', 'Asia/Shanghai', '2026-01-31', 'day'],
    ['12mo', 'UTC', '2025-04-01', 'month'],
  ] as const)('%s in %s begins at %s', (range, zone, from, bucket) => {
    expect(reportBounds(range, zone, NOW)).toEqual({ from, to: '2026-03-01T02:17:45Z', bucket })
  })
})

it.each([
  ['2026-03-01', 1, '2026-02-28'],
  ['2028-03-01', 1, '2028-02-29'],
  ['2026-01-01', 366, '2024-12-31'],
])('%s, %i days before: %s', (day, count, before) => expect(daysBefore(day, count)).toBe(before))

it.each([
  ['2026-01-31', 1, '2025-12-01'],
  ['2026-12-05', 11, '2026-01-01'],
  ['2026-05-05', 0, '2026-05-01'],
])('%s, %i months before: %s', (day, count, before) => expect(monthsBefore(day, count)).toBe(before))

it.each([
  ['2026-11-22T18:00:00+08:00', 'hour', false, '18:00'],
  ['2026-11-22T18:00:00+08:00', 'hour', true, '11-22 18:00'],
  ['2026-11-22', 'day', false, '11-22'],
  ['2026-11', 'month', false, '2026-11'],
] as const)('%s of %ss', (label, bucket, manyDays, text) => expect(bucketLabel(label, bucket, manyDays)).toBe(text))

it.each([
  ['2026-03-01T00:00:00Z', '2026-03-01T06:00:00Z', 'hour'],
  ['2026-03-01', '2026-03-04T00:00:00Z', 'hour'],
  ['2026-03-01', '2026-05-01', 'day'],
  ['2020-03-01', '2026-05-01', 'month'],
  ['x', '2026-05-01', 'hour'],
])('%s to %s by %s', (from, to, bucket) => expect(bucketFor(from, to)).toBe(bucket))
