import { describe, expect, it } from 'vitest'
import { exactSignedUsd, exactUsd, formatPrice, formatUsd, isPrice, shareOf, signedUsd } from './money'

const INT64_MAX = '9223372036.854775807' // nano-USD
const INT64_MIN = '-9223372036.854775808'

describe('money', () => {
  it.each([
    [null, '–', '–'],
    [undefined, '–', '–'],
    ['', '–', '–'],
    ['1e3', '–', '–'],
    ['NaN', '–', '–'],
    ['<b>1</b>', '–', '–'],
    ['0', '$0', '$0'],
    ['0.00', '$0', '$0'],
    ['-0.000', '$0', '$0'],
    ['0.00004', '<$0.0001', '$0.00004'],
    ['-0.00004', '−<$0.0001', '−$0.00004'],
    ['0.00005', '$0.0001', '$0.00005'],
    ['0.0042', '$0.0042', '$0.0042'],
    ['-0.5', '−$0.5000', '−$0.5'],
    ['0.99994', '$0.9999', '$0.99994'],
    ['0.99995', '$1.00', '$0.99995'],
    ['1', '$1.00', '$1'],
    ['1.004999999', '$1.00', '$1.004999999'],
    ['1.005', '$1.01', '$1.005'],
    ['999.995', '$1,000.00', '$999.995'],
    ['1234567.891', '$1,234,567.89', '$1,234,567.891'],
    ['9007199.254740993', '$9,007,199.25', '$9,007,199.254740993'],
    [INT64_MAX, '$9,223,372,036.85', '$9,223,372,036.854775807'],
    [INT64_MIN, '−$9,223,372,036.85', '−$9,223,372,036.854775808'],
  ])('%s is %s, exactly %s', (usd, shown, exact) => {
    expect(formatUsd(usd)).toBe(shown)
    expect(exactUsd(usd)).toBe(exact)
  })

  it.each([
    ['3', '$3.00'],
    ['0.25', '$0.25'],
    ['0.000001', '$0.000001'],
    ['12.50', '$12.50'],
    ['1000', '$1,000.00'],
    [null, '–'],
  ])('a million tokens at %s: %s', (usd, shown) => expect(formatPrice(usd)).toBe(shown))

  it.each([
    ['1.2', '+$1.20'],
    ['-1.2', '−$1.20'],
    ['0', '$0'],
    [null, '–'],
  ])('a difference of %s: %s', (usd, shown) => expect(signedUsd(usd)).toBe(shown))

  it.each([
    ['0', true],
    ['0.000001', true],
    ['0.0000001', false],
    ['3.', false],
    ['-1', false],
    ['1e3', false],
    ['', false],
  ])('%j is a price: %s', (text, yes) => expect(isPrice(text)).toBe(yes))

  it.each([
    ['5', '10', 0.5],
    ['-5', '10', 0],
    ['15', '10', 1.5],
    [null, '10', 0],
    ['5', '0', 0],
    ['5', null, 0],
  ])('%s of %s is %s', (used, limit, share) => expect(shareOf(used, limit)).toBe(share))
})

it.each([['0.00000012', '+$0.00000012'], ['-1.5', '−$1.5'], ['0', '$0'], [null, '–']])('a difference with all its digits: %s', (usd, text) => expect(exactSignedUsd(usd)).toBe(text))
