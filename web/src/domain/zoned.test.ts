import { describe, expect, it } from 'vitest'
import { instantOf, typedTime } from './zoned'

describe('what is typed is meant in the reader’s zone', () => {
  it.each([
    ['2026-03-01T00:00', 'UTC', '2026-03-01T00:00:00Z'],
    ['2026-03-01T00:00', 'Asia/Kolkata', '2026-02-28T18:30:00Z'],
    ['2026-03-01T00:00', 'Asia/Shanghai', '2026-02-28T16:00:00Z'],
    ['2026-03-01T00:00', 'America/St_Johns', '2026-03-01T03:30:00Z'],
    ['2026-07-01T12:00', 'Europe/Berlin', '2026-07-01T10:00:00Z'],
    ['2026-12-01T12:00', 'Europe/Berlin', '2026-12-01T11:00:00Z'],
    ['2024-02-29T23:59', 'Pacific/Kiritimati', '2024-02-29T09:59:00Z'],
  ])('%s in %s', (typed, zone, instant) => {
    expect(instantOf(typed, zone)).toBe(instant)
    expect(typedTime(instant, zone)).toBe(typed)
  })

  it('an hour that the clock skips is the one after it', () => {
    // Berlin goes from 02:00 to 03:00.
    expect(typedTime(instantOf('2026-03-29T02:30', 'Europe/Berlin'), 'Europe/Berlin')).toBe('2026-03-29T03:30')
  })

  it('of an hour that is there twice the first is meant', () => {
    expect(instantOf('2026-10-25T02:30', 'Europe/Berlin')).toBe('2026-10-25T00:30:00Z')
    expect(instantOf('2026-10-25T03:30', 'Europe/Berlin')).toBe('2026-10-25T02:30:00Z')
    expect(instantOf('2026-11-01T01:30', 'America/New_York')).toBe('2026-11-01T05:30:00Z')
  })

  it.each(['', '2026-02-30T00:00', '2026-01-01', '2026-13-01T00:00', 'yesterday'])('%j is none', (typed) => {
    expect(instantOf(typed, 'UTC')).toBeNull()
  })

  it('nothing is typed for no time', () => {
    expect(typedTime(null)).toBe('')
    expect(typedTime('soon')).toBe('')
  })
})
