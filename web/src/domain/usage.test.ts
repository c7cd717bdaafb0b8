import { describe, expect, it } from 'vitest'
import type { UsageErrors, UsageFigures, UsageSeries } from '@/api/usage'
import { bysFor, cacheShare, changeOf, errorsChart, formatMeasure, idOf, nameOf, stillRuns, successChange, successShare, tokensOf, usageChart } from './usage'

const figures = (change: Partial<UsageFigures> = {}): UsageFigures => ({
  requests: 0,
  errors: 0,
  estimated_requests: 0,
  cache_hits: 0,
  input_tokens: 0,
  output_tokens: 0,
  cache_read_tokens: 0,
  cache_write_5m_tokens: 0,
  cache_write_1h_tokens: 0,
  reasoning_tokens: 0,
  cost_nano_usd: 0,
  cost_usd: '0.00',
  ...change,
})

const bucket = (label: string, end: string, change: Partial<UsageFigures>) => ({ start: end, end, label, ...figures(change) })
const report: UsageSeries = {
  from: null,
  to: null,
  time_zone: 'UTC',
  totals: figures(),
  data: [
    bucket('2026-11-22T10:00:00+00:00', '2026-11-22T11:00:00Z', { requests: 3, cost_nano_usd: 3_000_000 }),
    bucket('2026-11-22T11:00:00+00:00', '2026-11-22T11:45:00Z', { requests: 2, cost_nano_usd: 1_000_000, errors: 1 }),
  ],
  series: [{ model: 'opus', totals: figures(), data: [figures({ requests: 2 }), figures({ requests: 2 })] }],
  rest: { totals: figures(), data: [figures({ requests: 1 }), figures()] },
}
const words = { all: 'All', other: 'other' }
const NOW = new Date('2026-11-22T11:40:00Z')

describe('usageChart', () => {
  it('has the groups and what is left of them', () => {
    const spec = usageChart(report, 'hour', 'model', 'requests', words, NOW)
    expect(spec.labels).toEqual(['10:00', '11:00'])
    expect(spec.series).toEqual([{ name: 'opus', values: [2, 2] }, { name: 'other', values: [1, 0], tone: 'other' }])
    expect(spec.unfinished).toBe(true)
  })

  it('leaves out a rest of nothing', () => {
    expect(usageChart(report, 'hour', 'model', 'errors', words, NOW).series).toHaveLength(1)
  })

  it('is one series without groups, money in dollars', () => {
    expect(usageChart(report, 'hour', null, 'cost', words, NOW).series).toEqual([{ name: 'All', values: [0.003, 0.001] }])
    expect(usageChart(report, 'hour', null, 'errors', words, NOW).series[0]).toMatchObject({ tone: 'bad', values: [0, 1] })
  })

  it('the past is over', () => {
    expect(stillRuns(report.data, new Date('2026-11-22T12:00:00Z'))).toBe(false)
    expect(stillRuns([], NOW)).toBe(false)
  })
})

it.each([
  ['model', { model: '<b>x</b>' }, '<b>x</b>', '<b>x</b>'],
  ['key', { key_id: 7, key_name: 'ci' }, 'ci', '7'],
  ['key', { key_id: 7, key_name: null }, '#7', '7'],
  ['account', { account_id: 0, account_name: null }, '–', '0'],
  ['user', { user_id: 2, username: '' }, '#2', '2'],
  ['group', {}, '–', ''],
] as const)('a row by %s', (by, row, name, id) => {
  expect(nameOf(row, by)).toBe(name)
  expect(idOf(row, by)).toBe(id)
})

it.each([
  [108, 100, '+8 %'],
  [97, 100, '−3 %'],
  [100, 100, '±0 %'],
  [5, 0, ''],
  [5, null, ''],
  [1_000_000, 1, '+>999 %'],
  [0, 5, '−100 %'],
])('from %2$s to %1$s', (now, before, text) => expect(changeOf(now, before)).toBe(text))

it.each([
  [{ requests: 1_000, errors: 4 }, { requests: 1_000, errors: 2 }, '−0.2'],
  [{ requests: 10, errors: 0 }, { requests: 1_000, errors: 3 }, '+0.3'],
  [{ requests: 10_000, errors: 1 }, { requests: 10_000, errors: 9 }, '±0'], // both are shown as 99.9 %
  [{ requests: 2, errors: 2 }, { requests: 2, errors: 0 }, '−100'],
  [{ requests: 0 }, { requests: 2 }, ''],
  [{ requests: 2 }, { requests: 0 }, ''],
])('the share of what succeeded changes by points: %o after %o is %s', (now, before, text) => expect(successChange(figures(now), figures(before))).toBe(text))

it('shares are rounded down and "–" of nothing', () => {
  expect(successShare(figures({ requests: 10_000, errors: 1 }))).toBe('99.9 %')
  expect(successShare(figures())).toBe('–')
  expect(cacheShare(figures({ input_tokens: 29, cache_read_tokens: 71 }))).toBe('71 %')
  expect(cacheShare(figures({ output_tokens: 29 }))).toBe('–')
  expect(tokensOf(figures({ input_tokens: 1, output_tokens: 2, cache_read_tokens: 4, cache_write_5m_tokens: 8, cache_write_1h_tokens: 16, reasoning_tokens: 2 }))).toBe(31)
})

it.each([
  ['cost', 0.0000001, '<$0.0001'],
  ['cost', 12.5, '$12.50'],
  ['requests', 123456, '123.5K'],
] as const)('%s %s', (measure, value, text) => expect(formatMeasure(measure)(value)).toBe(text))

describe('errorsChart', () => {
  const buckets = report.data.map(({ start, end, label }, i) => ({ start, end, label, errors: [4, 1][i]! }))
  const errors: UsageErrors = {
    from: null,
    to: null,
    time_zone: 'UTC',
    exact: true,
    errors: 5,
    data: buckets,
    classes: [{ error_class: 'rate_limited', errors: 4, data: [3, 1] }],
    rest: { errors: 1, data: [1, 0] },
  }
  const inWords = { all: 'Errors', other: 'other', of: (word: string) => `(${word})` }

  it('has the classes in words, and what none has', () => {
    const spec = errorsChart(errors, 'hour', inWords, NOW)
    expect(spec.labels).toEqual(['10:00', '11:00'])
    expect(spec.series).toEqual([{ name: '(rate_limited)', values: [3, 1] }, { name: 'other', values: [1, 0], tone: 'other' }])
    expect(spec.unfinished).toBe(true)
  })

  it('is one series where nothing can be told apart, and names one too', () => {
    const spec = errorsChart({ ...errors, classes: [], rest: { errors: 5, data: [4, 1] } }, 'hour', inWords, NOW)
    expect(spec.series).toEqual([{ name: 'Errors', values: [4, 1], tone: 'bad' }])
    expect(spec.named).toBe(true)
  })
})

it('a user groups by what is theirs', () => expect(bysFor(false)).toEqual(['model', 'key', 'group']))

it('what nobody serves has the name that the reader knows it by', () => {
  const row = { model: '(unknown)' } as Parameters<typeof nameOf>[0]
  expect([nameOf(row, 'model', '（未知）'), nameOf({ ...row, model: 'a' }, 'model', '（未知）')]).toEqual(['（未知）', 'a'])
})
