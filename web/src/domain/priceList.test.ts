import { describe, expect, it } from 'vitest'
import { cellsOf, listType, pickPrices, priceKey } from './priceList'

const CSV = `\uFEFF# a list of today
provider,model,input,output,aliases
anthropic,claude-a,3,15,"a;b"

,"odd, model ""x""",1,2,
openai,gpt-b,0.25,2,\r
`

describe('a list of prices', () => {
  it('is JSON or CSV by its first sign', () => {
    expect(listType(CSV)).toBe('text/csv')
    expect(listType('\uFEFF [{}]')).toBe('application/json')
    expect(listType('{"data": []}')).toBe('application/json')
    expect(listType('')).toBe('text/csv')
  })

  it.each([
    ['a,b', ['a', 'b']],
    ['"a,b", c ', ['a,b', 'c']],
    ['"say ""x""",', ['say "x"', '']],
    ['', ['']],
  ])('has cells: %j', (line, cells) => expect(cellsOf(line)).toEqual(cells))

  it('gives the chosen rows only, and their date', () => {
    const chosen = new Set([priceKey('', 'odd, model "x"'), priceKey('openai', 'gpt-b')])
    expect(pickPrices(CSV, chosen, '2026-03-01T00:00:00Z')).toEqual({
      type: 'text/csv',
      text: 'provider,model,input,output,aliases,effective_from\n,"odd, model ""x""",1,2,,2026-03-01T00:00:00Z\nopenai,gpt-b,0.25,2,,2026-03-01T00:00:00Z\n',
    })
  })

  it('leaves a date of its own alone, and adds none where none is asked for', () => {
    const dated = 'provider,model,effective_from,input,output\na,b,2026-01-01T00:00:00Z,1,2\na,c,,1,2\n'
    const chosen = new Set([priceKey('a', 'b'), priceKey('a', 'c')])
    expect(pickPrices(dated, chosen, '2026-03-01T00:00:00Z').text).toBe(
      'provider,model,effective_from,input,output\na,b,2026-01-01T00:00:00Z,1,2\na,c,2026-03-01T00:00:00Z,1,2\n',
    )
    expect(pickPrices(dated, chosen, null).text).toBe(dated)
  })

  it('takes JSON, as a list or as the API answers it', () => {
    const entries = [{ provider: 'a', model: 'b', input: '1' }, { model: 'c', effective_from: '2026-01-01T00:00:00Z' }]
    const chosen = new Set([priceKey('a', 'b'), priceKey('', 'c')])
    for (const list of [entries, { data: entries, total: 2 }]) {
      expect(JSON.parse(pickPrices(JSON.stringify(list), chosen, null).text)).toEqual([
        { provider: 'a', model: 'b', input: '1', effective_from: null },
        { model: 'c', effective_from: '2026-01-01T00:00:00Z' },
      ])
    }
    expect(pickPrices(JSON.stringify(entries), new Set(), null).text).toBe('[]')
  })
})
