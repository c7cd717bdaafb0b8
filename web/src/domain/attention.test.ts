import { describe, expect, it } from 'vitest'
import type { AccountCount } from '@/api/accountCounts'
import type { Status } from '@/api/status'
import { attentionOf } from './attention'

const relay = { id: 'relay-1', connected: true, nacked_revision: null, nack_reason: null }
const status = (change: object = {}) =>
  ({
    database_status: 'ok',
    usage_status: 'ok',
    redis_status: 'not_configured',
    relays: [relay],
    ingest: { status: 'ok', events_waiting: 0, last_error: null },
    unpriced: { models: 0, names: [] },
    conflicts: 0,
    ...change,
  }) as unknown as Status
const count = (state: string, total: number, names: string[]) =>
  ({ status: state, total, first: names.map((name, i) => ({ id: i + 1, name, status_reason: '401', cooldown_until: null })) }) as unknown as AccountCount
const words = (...given: Parameters<typeof attentionOf>) => attentionOf(...given).map(({ kind, word }) => `${kind} ${word}`)

describe('attentionOf', () => {
  it('is nothing where all is well, or nothing is known', () => {
    expect(attentionOf(status(), [count('normal', 40, []), count('disabled', 1, ['x'])])).toEqual([])
    expect(attentionOf(null, null)).toEqual([])
  })

  it.each([
    [{ relays: [] }, 'bad noRelay'],
    [{ relays: [{ ...relay, connected: false }] }, 'bad noRelay'],
    [{ relays: [relay, { ...relay, id: 'relay-2', connected: false, nacked_revision: 7 }] }, 'warn away'],
    [{ relays: [{ ...relay, nacked_revision: 7 }] }, 'bad refused'],
    [{ database_status: 'down' }, 'bad database'],
    [{ usage_status: 'down', ingest: null }, 'bad usage'],
    [{ ingest: { status: 'failing', last_error: 'disk full' } }, 'bad ingestFailing'],
    [{ ingest: { status: 'late', events_waiting: 5 } }, 'warn ingestLate'],
    [{ redis_status: 'down' }, 'warn redis'],
    [{ unpriced: { models: 2, names: ['a', 'b'] } }, 'warn unpriced'],
    [{ conflicts: 3 }, 'warn conflicts'],
  ])('%j: %s', (change, word) => expect(words(status(change), [])).toEqual([word]))

  it('names accounts where they are few, counts them where they are many, the worst first', () => {
    const counts = [count('rate_limited', 12, ['a', 'b', 'c']), count('account_exception', 1, ['max-3'])]
    expect(words(status({ conflicts: 1 }), counts)).toEqual(['bad account_exception', 'warn many_rate_limited', 'warn conflicts'])
    expect(attentionOf(null, counts)[0]).toMatchObject({ name: 'max-3', detail: '401', act: 'replace', checks: 0, to: '/accounts?id=1&tab=configuration' })
    expect(attentionOf(null, counts)[1]).toMatchObject({ count: 12, act: 'open', checks: 0, to: '/accounts?status=rate_limited' })
  })

  it('leads to what mends it, and lets what may be over be checked', () => {
    const acts = attentionOf(status({ unpriced: { models: 1, names: ['a'] } }), [count('rate_limited', 1, ['a']), count('api_exception', 1, ['b'])])
    expect(acts.map(({ act, checks, to }) => [act, checks, to])).toEqual([
      ['open', 1, '/accounts?id=1'],
      ['open', 1, '/accounts?id=1'],
      ['price', 0, '/prices'],
    ])
  })
})
