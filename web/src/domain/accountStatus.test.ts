import { describe, expect, it } from 'vitest'
import { errorShare, historySegments, loadOf, minuteOf, statusView, type AccountState, type HistoryEntry } from './accountStatus'

const now = new Date('2026-05-03T12:00:00Z')
const base: AccountState = { status: 'normal', status_reason: '', status_since: null, cooldown_until: null, model_cooldowns: [] }

describe('what a state means', () => {
  it.each([
    ['well', base, ['normal', 'good', 'test', null]],
    ['resting', { ...base, status: 'rate_limited', cooldown_until: '2026-05-03T12:00:01Z' }, ['rate_limited', 'warn', 'check', '2026-05-03T12:00:01Z']],
    ['a cooldown that is over is being tried', { ...base, status: 'rate_limited', cooldown_until: '2026-05-03T12:00:00Z' }, ['trying', 'info', 'check', null]],
    ['the same of errors', { ...base, status: 'api_exception', cooldown_until: '2026-05-03T11:59:59Z' }, ['trying', 'info', 'check', null]],
    ['errors without an end stay', { ...base, status: 'api_exception' }, ['api_exception', 'warn', 'check', null]],
    ['refused', { ...base, status: 'account_exception' }, ['account_exception', 'bad', 'replace', null]],
    ['disabled, whatever was observed', { ...base, status: 'disabled', cooldown_until: '2026-05-03T11:00:00Z' }, ['disabled', 'off', 'enable', null]],
  ] as [string, AccountState, unknown[]][])('%s', (_, state, expected) => {
    const { word, kind, act, until } = statusView(state, now)
    expect([word, kind, act, until]).toEqual(expected)
  })

  it('names the models that rest alone, and forgets those that are back', () => {
    const model_cooldowns = [
      { model: 'opus', until: '2026-05-03T12:05:00Z', reason: 'upstream_rate_limited' },
      { model: 'haiku', until: '2026-05-03T11:05:00Z', reason: 'upstream_rate_limited' },
    ]
    expect(statusView({ ...base, model_cooldowns }, now).models.map(({ model }) => model)).toEqual(['opus'])
    expect(statusView({ ...base, status: 'disabled', model_cooldowns }, now).models).toEqual([])
  })

  it('gives no reason of a time that is over', () => {
    const old = { ...base, status_reason: 'upstream_rate_limited', status_since: '2026-05-03T11:00:00Z' }
    expect(statusView(old, now)).toMatchObject({ reason: '', since: null })
    expect(statusView({ ...old, status: 'disabled' }, now)).toMatchObject({ reason: 'upstream_rate_limited', since: old.status_since })
  })
})

describe('what leads to a rest and out of it', () => {
  const failures = { n: 3, of: 5 }
  const ahead = '2026-05-03T12:00:30Z'
  it.each([
    ['failures in a row are told before the account rests', { ...base, failures }, [failures, null]],
    ['none are not worth a word', { ...base, failures: { n: 0, of: 5 } }, [null, null]],
    ['the next try, where no end is known', { ...base, status: 'api_exception', next_probe_at: ahead }, [null, ahead]],
    ['not beside an end, which says the same', { ...base, status: 'rate_limited', cooldown_until: ahead, next_probe_at: ahead }, [null, null]],
    ['not when it is over', { ...base, status: 'api_exception', next_probe_at: '2026-05-03T11:59:59Z' }, [null, null]],
    ['nothing of one that is off', { ...base, status: 'disabled', failures, next_probe_at: ahead }, [null, null]],
  ] as [string, AccountState, unknown[]][])('%s', (_, state, expected) => {
    const { failures: told, nextTry } = statusView(state, now)
    expect([told, nextTry]).toEqual(expected)
  })
})

describe('the load', () => {
  it.each([
    [null, 5, null],
    [3, 5, { inFlight: 3, limit: 5, share: 0.6 }],
    [7, 5, { inFlight: 7, limit: 5, share: 1 }],
    [3, null, { inFlight: 3, limit: null, share: null }],
    [0, 0, { inFlight: 0, limit: 0, share: 1 }],
  ])('of %j at once of %j', (in_flight, concurrency, expected) => expect(loadOf({ in_flight, limits: { concurrency } })).toEqual(expected))
})

describe('the last minute', () => {
  const minute = { requests_last_minute: 12, tokens_last_minute: 0, limits: { rpm: 60, tpm: 1000 } }
  it.each([
    [minute, [['rpm', 12, 60], ['tpm', 0, 1000]]],
    [{ ...minute, limits: { rpm: null, tpm: 1000 } }, [['tpm', 0, 1000]]],
    [{ ...minute, requests_last_minute: null, limits: { rpm: 60, tpm: null } }, [['rpm', null, 60]]],
    [{ ...minute, limits: { rpm: null, tpm: null } }, []],
  ])('of %j: %j', (account, expected) => expect(minuteOf(account).map(({ limit, used, cap }) => [limit, used, cap])).toEqual(expected))
})

describe('the strip of a day', () => {
  const t = (text: string) => Date.parse(`2026-05-03T${text}:00Z`)
  const entry = (at: string, status: HistoryEntry['status'], until: string | null = null, model: string | null = null): HistoryEntry => ({
    at: `2026-05-03T${at}:00Z`,
    status,
    until: until && `2026-05-03T${until}:00Z`,
    model,
  })
  const strip = (entries: HistoryEntry[], whole = true, current: HistoryEntry['status'] = 'normal') =>
    historySegments(entries, t('10:00'), t('12:00'), { whole, current }).map(({ status, fromMs, toMs }) => [status, (fromMs - t('10:00')) / 60_000, (toMs - t('10:00')) / 60_000])

  it.each([
    ['nothing happened', [], [['normal', 0, 120]]],
    ['limited for a while', [entry('10:30', 'rate_limited', '10:40')], [['normal', 0, 30], ['rate_limited', 30, 40], ['normal', 40, 120]]],
    ['limited still', [entry('11:30', 'rate_limited', '13:00')], [['normal', 0, 90], ['rate_limited', 90, 120]]],
    ['limited before the day began', [entry('09:30', 'rate_limited', '10:10')], [['rate_limited', 0, 10], ['normal', 10, 120]]],
    ['another change before the end', [entry('10:30', 'rate_limited', '11:30'), entry('10:40', 'account_exception')], [['normal', 0, 30], ['rate_limited', 30, 40], ['account_exception', 40, 120]]],
    ['the newest first, as the API gives them', [entry('11:00', 'normal'), entry('10:30', 'account_exception')], [['normal', 0, 30], ['account_exception', 30, 60], ['normal', 60, 120]]],
    ['one model alone is not the account', [entry('10:30', 'rate_limited', '11:30', 'opus')], [['normal', 0, 120]]],
    ['what is to come is not drawn', [entry('12:30', 'disabled')], [['normal', 0, 120]]],
  ] as [string, HistoryEntry[], unknown[]][])('%s', (_, entries, expected) => expect(strip(entries)).toEqual(expected))

  it('is as it is now where nothing ever changed', () => expect(strip([], true, 'disabled')).toEqual([['disabled', 0, 120]]))

  it('does not guess what it does not have', () => {
    expect(strip([entry('11:00', 'disabled')], false)).toEqual([['unknown', 0, 60], ['disabled', 60, 120]])
  })
})

it('has no share of nothing', () => {
  expect(errorShare({ requests: 0, errors: 0 })).toBeNull()
  expect(errorShare(undefined)).toBeNull()
  expect(errorShare({ requests: 8, errors: 2 })).toBe(25)
})
