import { describe, expect, it } from 'vitest'
import { expiryInstant, expiryOf, isExpiryGiven } from './expiry'

describe('expiryInstant', () => {
  const now = new Date('2026-05-03T10:00:00Z')
  it.each([
    ['never', '', null],
    ['in30', '', '2026-06-02T10:00:00.000Z'],
    ['in90', '', '2026-08-01T10:00:00.000Z'],
    ['date', '2026-07-01', '2026-06-30T16:00:00Z'],
  ] as const)('%s %s', (choice, date, at) => expect(expiryInstant({ choice, date }, 'Asia/Shanghai', null, now)).toBe(at))

  it('leaves an instant alone whose day was not changed', () => {
    const kept = '2026-06-30T16:30:05Z'
    const shown = expiryOf(kept, 'Asia/Shanghai')
    expect(shown).toEqual({ choice: 'date', date: '2026-07-01' })
    expect(expiryInstant(shown, 'Asia/Shanghai', kept)).toBe(kept)
    expect(expiryInstant({ choice: 'date', date: '2026-07-02' }, 'UTC', kept)).toBe('2026-07-02T00:00:00Z')
  })
})

it('isExpiryGiven', () => {
  expect(isExpiryGiven({ choice: 'date', date: '' })).toBe(false)
  expect(isExpiryGiven({ choice: 'in30', date: '' })).toBe(true)
})
