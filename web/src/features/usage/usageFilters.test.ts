import { expect, it } from 'vitest'
import { bucketsFor, USAGE_FILTERS, usageBounds, usageSubjects, type UsageState } from './usageFilters'

const NOW = new Date('2026-11-22T12:17:45Z')
const state = (change: Partial<UsageState> = {}): UsageState => ({
  ...(Object.fromEntries(Object.entries(USAGE_FILTERS).map(([name, codec]) => [name, codec.read(undefined)])) as unknown as UsageState),
  ...change,
})

it.each([
  [{}, { from: '2026-11-16', to: '2026-11-22T12:17:45Z', bucket: 'day' }],
  [{ bucket: 'hour' }, { from: '2026-11-16', to: '2026-11-22T12:17:45Z', bucket: 'hour' }],
  [{ bucket: 'hour', range: '90d' }, { from: '2026-08-25', to: '2026-11-22T12:17:45Z', bucket: 'day' }], // more than an answer has
  [{ from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' }, { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z', bucket: 'hour' }],
  [{ from: '2025-01-01T00:00:00Z' }, { from: '2025-01-01T00:00:00Z', to: '2026-11-22T12:17:45Z', bucket: 'month' }],
] as [Partial<UsageState>, object][])('%j', (change, bounds) => expect(usageBounds(state(change), 'UTC', NOW)).toEqual(bounds))

it('asks for ids as numbers, for models as they are called', () => {
  const given = state({ model: ['7'], key_id: ['7', 'x'], scope: 'mine' })
  expect(usageSubjects(given, true)).toEqual({ scope: 'mine', model: ['7'], key_id: [7] })
  expect(usageSubjects(given, false)).toEqual({ model: ['7'], key_id: [7] })
})

it('offers the buckets that an answer can have', () => {
  expect(bucketsFor(state({ range: '30d' }), 'UTC', NOW)).toEqual(['hour', 'day', 'month', 'year'])
  expect(bucketsFor(state({ range: '12mo' }), 'UTC', NOW)).toEqual(['day', 'month', 'year'])
  expect(bucketsFor(state({ from: '2015-01-01T00:00:00Z' }), 'UTC', NOW)).toEqual(['month', 'year'])
})
