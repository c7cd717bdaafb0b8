import { describe, expect, it } from 'vitest'
import { limitUse, totalsOf, usdOfNano } from './keyUsage'

const day = (cost_nano_usd: number, requests = 1) => ({
  requests, errors: 1, input_tokens: 10, output_tokens: 5, cache_read_tokens: 3, cache_write_5m_tokens: 2, cache_write_1h_tokens: 1, cost_nano_usd,
})

describe('limitUse', () => {
  it('of money, with what requests under way hold', () => {
    expect(limitUse({ subject: 'key', limit: 'usd_per_day', cap_usd: '10.00', used_usd: '7.50', reserved_usd: '1.00', left_usd: '1.50', used_pct: 75, resets_at: null }))
      .toEqual({ subject: 'key', name: 'usd_per_day', used: '$7.50', limit: '$10.00', share: 0.75, reserved: 0.1, held: '$1.00', left: '$1.50', resetsAt: null })
  })

  it('of requests; nothing used is zero, a limit of nothing is full', () => {
    expect(limitUse({ subject: 'user', limit: 'requests_per_day', cap: 20, used: 5, used_pct: 25, resets_at: null })).toMatchObject({ used: '5', limit: '20', share: 0.25, reserved: 0 })
    expect(limitUse({ subject: 'group', limit: 'usd_per_month', used_pct: 12.5, resets_at: null })).toMatchObject({ used: '12.5 %', limit: '100 %', share: 0.125 })
    expect(limitUse({ subject: 'user', limit: 'requests_total', cap: 0, used_pct: 100, resets_at: null })).toMatchObject({ share: 1, reserved: 0 })
  })
})

describe('totalsOf', () => {
  it('takes the last days, and adds money without losing a nano-dollar', () => {
    const days = [day(1), day(9_007_199_254_740_991), day(9_007_199_254_740_991)]
    expect(totalsOf(days, 2)).toEqual({ requests: 2, errors: 2, tokens: 42, costUsd: '18014398.509481982' })
    expect(totalsOf(days, 90).requests).toBe(3)
    expect(totalsOf([], 7)).toEqual({ requests: 0, errors: 0, tokens: 0, costUsd: '0.000000000' })
  })
})

it.each([[0n, '0.000000000'], [1n, '0.000000001'], [-1_500_000_000n, '-1.500000000']])('usdOfNano %s', (nano, usd) => expect(usdOfNano(nano)).toBe(usd))
