import { describe, expect, it } from 'vitest'
import { chosenOf, excludedOf, fixOf, tiersOf, type Candidate } from './explainReason'

const account = (id: number, change: Partial<Candidate> = {}): Candidate => ({ id, rank: null, priority: 10, share: 0, reason: null, until: null, ...change })

describe('the order in which accounts are tried', () => {
  it('goes by rank, in tiers of one priority', () => {
    const tiers = tiersOf([account(3, { rank: 3, priority: 20 }), account(1, { rank: 1 }), account(2, { rank: 2 }), account(9, { reason: 'account_disabled' })])
    expect(tiers.map(({ priority, accounts }) => [priority, accounts.map(({ id }) => id)])).toEqual([
      [10, [1, 2]],
      [20, [3]],
    ])
  })

  it('keeps a session at its account: a tier may come again', () => {
    const tiers = tiersOf([account(1, { rank: 1, priority: 20 }), account(2, { rank: 2, priority: 10 }), account(3, { rank: 3, priority: 20 })])
    expect(tiers.map(({ priority }) => priority)).toEqual([20, 10, 20])
  })

  it('is empty where nobody serves', () => expect(tiersOf([account(1)])).toEqual([]))
})

describe('those that are out', () => {
  it('stand by reason, the biggest crowd first, with the first that is back', () => {
    const out = excludedOf([
      account(1, { reason: 'account_disabled' }),
      account(2, { reason: 'upstream_rate_limited', until: '2026-05-03T14:40:00Z' }),
      account(3, { reason: 'upstream_rate_limited', until: '2026-05-03T14:32:00Z' }),
      account(4, { rank: 1 }),
    ])
    expect(out.map(({ reason, fix, firstBack, accounts }) => [reason, fix, firstBack, accounts.map(({ id }) => id)])).toEqual([
      ['upstream_rate_limited', 'wait', '2026-05-03T14:32:00Z', [2, 3]],
      ['account_disabled', 'enable', null, [1]],
    ])
  })

  it('have a reason even where none was said', () => expect(excludedOf([account(1)])[0]).toMatchObject({ reason: 'unknown', fix: 'look' }))
})

it.each([
  ['account_other_model', 'mapping'],
  ['credential_rejected', 'credential'],
  ['model_unpriced', 'price'],
  ['a_word_of_a_later_version', 'look'],
  ['constructor', 'look'],
])('%s is mended at %s', (reason, fix) => expect(fixOf(reason)).toBe(fix))

it('chooses the fallback where the model itself has nobody', () => {
  const models = [
    { model: 'opus', accounts: [account(1, { reason: 'account_disabled' })] },
    { model: 'sonnet', accounts: [account(2, { rank: 1 })] },
  ]
  expect(chosenOf(models)).toMatchObject({ model: 'sonnet', account: { id: 2 } })
  expect(chosenOf([models[0]!])).toBeNull()
})
