import { expect, it } from 'vitest'
import { filtersOf, isFiltered, isFiner, LOG_FILTERS, logFilter, type LogState } from './logFilters'

const NOW = new Date('2026-11-22T12:17:45Z')
const state = (change: Partial<LogState> = {}): LogState => ({
  ...(Object.fromEntries(Object.entries(LOG_FILTERS).map(([name, codec]) => [name, codec.read(undefined)])) as unknown as LogState),
  ...change,
})
const asked = (change: Partial<LogState>, admin = true) => logFilter(state(change), 'UTC', admin, NOW)
const plain = { from: '2026-11-21T13:00:00Z', tz: 'UTC' }

it.each([
  [{}, { ...plain, scope: 'all' }],
  [{ status: ['error', '429'] }, { ...plain, scope: 'all', status: ['error', '429'] }],
  [{ key_id: ['7', 'x', '-1', '9e99'] }, { ...plain, scope: 'all', key_id: [7] }],
  [{ stream: 'true', cache_hit: true, search: 'a b' }, { ...plain, scope: 'all', stream: 'true', cache_hit: 'true', search: 'a b' }],
  [{ retried: 'true', source: 'test', latency_ms_min: 5000, session: ['a'] }, { ...plain, scope: 'all', retried: 'true', source: 'test', latency_ms_min: 5000, session: ['a'] }],
  [{ cost_usd_min: '0.05' }, { ...plain, scope: 'all', cost_usd_min: '0.05' }],
  [{ cost_usd_min: '5 dollars' }, { ...plain, scope: 'all' }],
  [{ from: '2026-11-01T00:00:00Z', range: '1h' }, { from: '2026-11-01T00:00:00Z', tz: 'UTC', scope: 'all' }],
] as [Partial<LogState>, object][])('%j', (change, filter) => expect(asked(change)).toEqual(filter))

it('a user asks for nobody’s scope', () => expect(asked({}, false)).toEqual(plain))

it('the filters stay the same object while pages are turned and drawers opened', () => {
  const first = filtersOf(state({ model: ['a'] }), undefined)
  expect(filtersOf(state({ model: ['a'], cursor: 'x', id: 'y' }), first)).toBe(first)
  expect(filtersOf(state({ model: ['b'] }), first)).toEqual({ ...first, model: ['b'] })
})

it('a range and an open drawer are no filters', () => {
  expect(isFiltered(state({ range: '7d', id: 'x', sort: '-cost' }))).toBe(false)
  expect(isFiltered(state({ cache_hit: true }))).toBe(true)
  expect(isFiltered(state({ model: ['a'] }))).toBe(true)
})

it('whom and which model reports know too; all else is finer than they are', () => {
  expect([state({ model: ['a'] }), state({ key_id: ['1'] }), state({ range: '7d' })].map(isFiner)).toEqual([false, false, false])
  expect([state({ latency_ms_min: 1000 }), state({ session: ['a'] }), state({ search: 'x' })].map(isFiner)).toEqual([true, true, true])
})
