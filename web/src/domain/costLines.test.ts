import { expect, it } from 'vitest'
import { costLines, costOf } from './costLines'

it.each([
  [1204, '0.60', '0.0007224'],
  [427, '2.20', '0.0009394'],
  [1_000_000, '3', '3'],
  [0, '3', '0'],
  [1, '0.000000001', '0.000000000000001'],
  [Number.MAX_SAFE_INTEGER, '75', '675539944105.574325'],
])('%i tokens at $%s a million: $%s', (tokens, price, usd) => expect(costOf(tokens, price)).toBe(usd))

const price = { input: '3', output: '15', cache_read: '0.3', cache_write_5m: '3.75', cache_write_1h: '6' }
const log = { input_tokens: 10, output_tokens: 5, cache_read_tokens: 0, cache_write_5m_tokens: 2, cache_write_1h_tokens: 0 }

it('has a line for what was used, input first', () => {
  expect(costLines(log, price).map(({ kind, usd }) => [kind, usd])).toEqual([
    ['input', '0.00003'],
    ['cache_write_5m', '0.0000075'],
    ['output', '0.000075'],
  ])
})

it('has none without a price', () => expect(costLines(log, null)).toEqual([]))
