import { expect, it } from 'vitest'
import type { User } from '@/api/session'
import type { UsageFigures } from '@/api/usage'
import { nextStart, ownLimits } from './ownLimits'

const used = { day: { cost_usd: '8.00', requests: 12 }, month: { cost_usd: '20', requests: 400 } } as unknown as Record<'day' | 'month', UsageFigures>
const limits = (change: object) => ({ rpm: 5, usd_per_day: null, usd_per_month: null, requests_per_day: null, requests_per_month: null, ...change }) as unknown as User['limits']
const NOW = new Date('2026-12-31T23:59:59Z')

it.each([
  [{}, []],
  [{ usd_per_day: '10' }, [['usd_per_day', '$8.00', '$10.00', 0.8, '2027-01-01T00:00:00.000Z']]],
  [{ requests_per_month: 400 }, [['requests_per_month', '400', '400', 1, '2027-01-01T00:00:00.000Z']]],
  [{ usd_per_day: '0' }, [['usd_per_day', '$8.00', '$0', 1, '2027-01-01T00:00:00.000Z']]],
])('%j', (change, bars) => {
  expect(ownLimits(limits(change), used, NOW).map(Object.values)).toEqual(bars)
})

it.each([
  ['day', '2028-02-28T10:00:00Z', '2028-02-29T00:00:00.000Z'],
  ['month', '2026-01-31T10:00:00Z', '2026-02-01T00:00:00.000Z'],
] as const)('the next %s after %s: %s', (window, now, next) => expect(nextStart(window, new Date(now))).toBe(next))
