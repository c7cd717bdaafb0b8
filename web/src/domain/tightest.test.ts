import { expect, it } from 'vitest'
import { tightestUse } from './tightest'

it.each([
  [{ name: 'usd_per_day', used_pct: 81, used_usd: '8.10', limit_usd: '10.00' }, { name: 'usd_per_day', used: '$8.10', limit: '$10.00', share: 0.81 }],
  [{ name: 'requests_per_day', used_pct: 100, used: 20, limit: 20 }, { name: 'requests_per_day', used: '20', limit: '20', share: 1 }],
  [{ name: 'requests_total', used_pct: 0 }, { name: 'requests_total', used: '0', limit: '0', share: 0 }],
])('tightestUse %j', (limit, use) => expect(tightestUse({ resets_at: null, ...limit })).toEqual(use))
