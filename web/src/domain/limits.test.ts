import { describe, expect, it } from 'vitest'
import { limitFaults, limitsOf, limitTexts, LIMIT_NAMES } from './limits'
import { linesOf, textOfLines } from './lines'

const none = limitTexts(null)

describe('limits', () => {
  it('are empty texts where there are none, and null again', () => {
    expect(Object.values(none)).toEqual(LIMIT_NAMES.map(() => ''))
    expect(Object.values(limitsOf(none)).every((value) => value === null)).toBe(true)
    expect(limitFaults(none)).toEqual({})
  })

  it('come back as they went', () => {
    const limits = limitsOf({ ...none, rpm: '60', usd_total: '9223372036.854775807', requests_total: '0', tpm: ' 5 ' })
    expect(limits).toMatchObject({ rpm: 60, usd_total: '9223372036.854775807', requests_total: 0, tpm: 5, usd_per_day: null })
    expect(limitTexts(limits)).toMatchObject({ rpm: '60', usd_total: '9223372036.854775807', requests_total: '0', concurrency: '' })
  })

  it.each([
    ['rpm', '9007199254740991', undefined],
    ['rpm', '9007199254740992', 'wholeNumber'],
    ['rpm', '-1', 'wholeNumber'],
    ['rpm', '1.5', 'wholeNumber'],
    ['rpm', '1e3', 'wholeNumber'],
    ['rpm', '六', 'wholeNumber'],
    ['usd_per_day', '10', undefined],
    ['usd_per_day', '0.000000001', undefined],
    ['usd_per_day', '0.0000000001', 'amount'],
    ['usd_per_day', '-1', 'amount'],
    ['usd_per_day', '.5', 'amount'],
    ['usd_per_day', '$5', 'amount'],
  ] as const)('%s %j: %s', (name, text, fault) => expect(limitFaults({ ...none, [name]: text })[name]).toBe(fault))
})

describe('lines', () => {
  it.each([
    ['', []],
    [' \n\n\t', []],
    ['a\r\n b \n\nc', ['a', 'b', 'c']],
  ])('%j', (text, lines) => expect(linesOf(text)).toEqual(lines))

  it('are one text again', () => {
    expect(textOfLines(['a', 'b'])).toBe('a\nb')
    expect(textOfLines(null)).toBe('')
  })
})
