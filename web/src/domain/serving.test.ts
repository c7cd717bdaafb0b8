import { describe, expect, it } from 'vitest'
import { isInForce, priceNow, serves, type DatedPrice } from './serving'

const NOW = new Date('2026-06-01T00:00:00Z')
const price = (model: string, change: Partial<DatedPrice> = {}): DatedPrice => ({ provider: 'a', model, effective_from: null, aliases: [], ...change })

describe('an account', () => {
  const account = { provider: 'a', platform_type: 'claude', models: [] as string[], model_mapping: {}, tier: '' }
  const model = { name: 'm-1', provider: 'a' }

  it.each([
    ['that names none serves its provider’s', {}, true],
    ['of another provider does not', { provider: 'b' }, false],
    ['serves what its patterns say', { models: ['m-*'] }, true],
    ['does not serve the rest', { models: ['n-*'] }, false],
    ['serves what it has its own name for', { models: ['n-*'], model_mapping: { 'm-1': 'x' } }, true],
    ['of a tier serves the tier’s', { platform_type: 'session', tier: 'pro' }, false],
    ['of a tier that names none serves all', { platform_type: 'session', tier: 'free' }, true],
  ])('%s', (_, change, yes) => expect(serves({ ...account, ...change }, model, { pro: ['n-*'], free: [] })).toBe(yes))
})

describe('the price of now', () => {
  const found = (prices: DatedPrice[]) => priceNow(prices, { name: 'm-1', provider: 'a' }, NOW)

  it('is the latest that has begun', () => {
    const old = price('m-1')
    const now = price('m-1', { effective_from: '2026-05-01T00:00:00Z' })
    const later = price('m-1', { effective_from: '2026-07-01T00:00:00Z' })
    expect(found([later, old, now])).toBe(now)
    expect(found([later])).toBeNull()
  })

  it.each([
    ['the exact name before an alias', [price('x', { aliases: ['m-1'] }), price('m-1')], 1],
    ['an alias before a pattern', [price('m-*'), price('x', { aliases: ['m-1'] })], 1],
    ['the longest pattern', [price('*'), price('m-*')], 1],
    ['its provider before any', [price('m-1', { provider: '' }), price('*')], 1],
    ['any provider at last', [price('m-1', { provider: 'b' }), price('m-1', { provider: '' })], 1],
  ])('is %s', (_, prices, at) => expect(found(prices)).toBe(prices[at]))

  it('an alias that the price in force does not name any more is none', () => {
    expect(found([price('x', { aliases: ['m-1'] }), price('x', { effective_from: '2026-05-01T00:00:00Z' })])).toBeNull()
  })
})

it('the newest price of a model that has begun is in force, until the next one begins', () => {
  const price = (id: number, effective_from: string | null, model = 'm') => ({ id, provider: 'p', model, effective_from, aliases: [] })
  const [always, january, june, other] = [price(1, null), price(2, '2026-01-01T00:00:00Z'), price(3, '2026-06-01T00:00:00Z'), price(4, '2026-02-01T00:00:00Z', 'n')]
  const inForce = (day: string) => [always, january, june, other].filter((one) => isInForce(one, [june, other, january], new Date(day))).map(({ id }) => id)
  expect(['2025-12-31', '2026-03-01', '2026-06-02'].map(inForce)).toEqual([[1], [2, 4], [3, 4]])
})
