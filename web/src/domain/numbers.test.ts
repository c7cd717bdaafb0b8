import { describe, expect, it, onTestFinished } from 'vitest'
import { exactCount, formatBounded, formatBytes, formatCount, formatDurationMs, formatDurationUs, formatPercent, formatShare, formatSpan, nameSpanUnits } from './numbers'

describe('a count', () => {
  it.each([
    [null, '–'],
    [NaN, '–'],
    [0, '0'],
    [-1, '-1'],
    [1234, '1,234'],
    [99_999, '99,999'],
    [100_000, '100.0K'],
    [123_440, '123.4K'],
    [999_949, '999.9K'],
    [999_950, '1.00M'],
    [-1_230_000, '-1.23M'],
    [999_994_999, '999.99M'],
    [999_995_000, '1.00B'],
    [Number.MAX_SAFE_INTEGER, '9007199.25B'],
  ])('%s: %s', (count, text) => expect(formatCount(count)).toBe(text))

  it('says where a count ended early', () => {
    expect(formatBounded({ total: 3, total_at_least: false })).toBe('3')
    expect(formatBounded({ total: 2000, total_at_least: true })).toBe('2,000+')
  })

  it('is exact on hover', () => {
    expect(exactCount(Number.MAX_SAFE_INTEGER)).toBe('9,007,199,254,740,991')
    expect(exactCount(null)).toBe('–')
  })
})

describe('a share', () => {
  it.each([
    [1, 3, '33.3 %'],
    [999_999, 1_000_000, '99.9 %'],
    [1, 1, '100 %'],
    [0, 5, '0 %'],
    [3, 2, '150 %'],
    [1, 0, '–'],
    [0, 0, '–'],
  ])('%s of %s: %s', (part, whole, text) => expect(formatShare(part, whole)).toBe(text))

  it.each([
    [29.3, '29.3 %'],
    [-0.2, '-0.2 %'],
    [Infinity, '–'],
    [null, '–'],
  ])('%s per cent: %s', (percent, text) => expect(formatPercent(percent)).toBe(text))
})

describe('a duration', () => {
  it.each([
    [null, '–'],
    [0, '<1 ms'],
    [1, '1 ms'],
    [9, '9 ms'],
    [412, '412 ms'],
    [3_410, '3.41 s'],
    [72_000, '1 min 12 s'],
  ])('of %s ms: %s', (ms, text) => expect(formatDurationMs(ms)).toBe(text))

  it.each([
    [310, '310 µs'],
    [9_949, '9.9 ms'],
    [9_950, '10 ms'],
    [999_499, '999 ms'],
    [999_500, '1.00 s'],
    [59_994_999, '59.99 s'],
    [59_995_000, '1 min'],
    [null, '–'],
  ])('of %s µs: %s', (us, text) => expect(formatDurationUs(us)).toBe(text))

  it.each([
    [0, '0 s'],
    [-5, '0 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [252, '4 min 12 s'],
    [3_600, '1 h'],
    [11_100, '3 h 5 min'],
    [86_400, '1 d'],
    [187_200, '2 d 4 h'],
    [90_000_000, '1041 d 16 h'],
  ])('of %s s: %s', (seconds, text) => expect(formatSpan(seconds)).toBe(text))
})

it('calls the units of a span as the page’s language does', () => {
  onTestFinished(() => nameSpanUnits({ d: 'd', h: 'h', min: 'min', s: 's' }))
  nameSpanUnits({ d: '天', h: '小时', min: '分钟', s: '秒' })
  expect([0, 40, 252, 11_100, 187_200].map(formatSpan)).toEqual(['0 秒', '40 秒', '4 分钟 12 秒', '3 小时 5 分钟', '2 天 4 小时'])
  expect([412, 3_410, 72_000].map(formatDurationMs)).toEqual(['412 ms', '3.41 s', '1 分钟 12 秒'])
})

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1024, '1.0 KiB'],
  [1_572_864, '1.5 MiB'],
  [2 ** 50, '1024.0 TiB'],
  [null, '–'],
])('%s bytes: %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
