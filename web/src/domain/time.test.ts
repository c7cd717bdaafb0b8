import { describe, expect, it } from 'vitest'
import { formatClock, formatDay, formatTime, fullTime, isoSeconds, localDay, parseTime, zoneName } from './time'

const NOW = new Date('2026-05-03T12:00:00Z')

describe('a time', () => {
  it.each([
    ['2026-05-03T06:32:07.412Z', 'UTC', '06:32:07'],
    ['2026-05-03T06:32:07Z', 'Asia/Shanghai', '14:32:07'],
    ['2026-05-03T06:32:07Z', 'Asia/Kolkata', '12:02:07'],
    // Yesterday there is today here, and the other way round.
    ['2026-05-02T18:45:00Z', 'Asia/Kolkata', '00:15:00'],
    ['2026-05-03T03:00:00Z', 'America/New_York', '05-02 23:00'],
    ['2025-12-31T20:00:00Z', 'Asia/Shanghai', '01-01 04:00'],
    ['2025-12-31T20:00:00Z', 'UTC', '2025-12-31'],
    ['2026-05-03T00:00:00Z', 'UTC', '00:00:00'],
    [null, 'UTC', '–'],
    ['soon', 'UTC', '–'],
  ])('%s in %s: %s', (at, zone, text) => expect(formatTime(at, zone, NOW)).toBe(text))

  it.each([
    ['2026-03-29T00:59:59Z', '01:59:59'],
    ['2026-03-29T01:00:00Z', '03:00:00'], // Berlin's clocks have gone on
    ['2026-10-25T00:59:59Z', '02:59:59'],
    ['2026-10-25T01:00:00Z', '02:00:00'], // and back
  ])('%s in Berlin, as clocks change: %s', (at, text) => expect(formatTime(at, 'Europe/Berlin', new Date(at))).toBe(text))

  it('has no seconds where it was planned', () => {
    expect(formatClock('2026-05-03T06:32:07Z', 'UTC', NOW)).toBe('06:32')
    expect(formatClock('2026-04-03T06:32:07Z', 'UTC', NOW)).toBe('04-03 06:32')
    expect(formatClock(null, 'UTC', NOW)).toBe('–')
  })

  it('is there in full, with UTC', () => {
    expect(fullTime('2026-05-03T06:32:07Z', 'Asia/Kolkata')).toBe('2026-05-03 12:02:07 (Asia/Kolkata) · 2026-05-03 06:32:07 UTC')
    expect(fullTime('', 'UTC')).toBe('–')
  })

  it('has the day of its zone', () => {
    expect(formatDay('2026-05-03T20:00:00Z', 'Asia/Kolkata')).toBe('2026-05-04')
    expect(formatDay('never')).toBe('')
    expect(localDay(new Date('2026-05-03T02:00:00Z'), 'America/New_York')).toBe('2026-05-02')
  })

  it('that cannot be read is none', () => {
    expect(['', null, undefined, 'x', '2026-13-01T00:00:00Z'].map(parseTime)).toEqual([null, null, null, null, null])
  })
})

it.each([
  ['UTC', '2026-05-03', 'UTC'],
  ['Asia/Shanghai', '2026-05-03', 'UTC+8'],
  ['Asia/Kolkata', '2026-05-03', 'UTC+5:30'],
  ['America/St_Johns', '2026-01-03', 'UTC−3:30'],
  ['Europe/Berlin', '2026-01-03', 'UTC+1'],
  ['Europe/Berlin', '2026-07-03', 'UTC+2'],
  ['Europe/London', '2026-01-03', 'UTC'],
  ['Pacific/Marquesas', '2026-01-03', 'UTC−9:30'],
])('%s on %s is %s', (zone, day, name) => expect(zoneName(zone, new Date(`${day}T00:00:00Z`))).toBe(name))

it('an instant is sent in whole seconds', () => expect(isoSeconds(new Date('2026-05-03T12:00:00.999Z'))).toBe('2026-05-03T12:00:00Z'))
