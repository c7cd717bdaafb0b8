import { describe, expect, it } from 'vitest'
import { differences, formatChange, trusted } from './priceDifference'

const ANSWER = {
  added: [
    { provider: 'a', model: 'new', input: '1', output: '2', cache_read: null },
    { provider: 'a', model: 'cheap', input: '0', output: '0' },
  ],
  changed: [
    { provider: 'a', model: 'old', field: 'input', old: '1', new: '3', pct: 200 },
    { provider: 'a', model: 'old', field: 'aliases', old: ['x'], new: ['x', 'y'] },
    { provider: 'b', model: 'old', field: 'cache_read', old: '1', new: null },
  ],
  suspicious: [
    { provider: 'a', model: 'old', field: 'input', why: 'is more than twice the price before' },
    { provider: 'a', model: 'gone', field: 'input', why: 'names nothing here' },
  ],
}

describe('what an import would do', () => {
  const all = differences(ANSWER)

  it('is told model by model, what looks like a mistake first', () => {
    expect(all.map(({ provider, model, kind }) => `${kind} ${provider}/${model}`)).toEqual(['changed a/old', 'changed b/old', 'added a/cheap', 'added a/new'])
    expect(all[0]!.fields).toEqual([
      { field: 'input', old: '1', new: '3', pct: 200 },
      { field: 'aliases', old: 'x', new: 'x, y', pct: undefined },
    ])
    expect(all[1]!.fields[0]!.new).toBeNull()
    expect(all[3]!.fields.map(({ field }) => field)).toEqual(['input', 'output'])
  })

  it('is ticked but for what looks like a mistake', () => {
    expect(trusted(all)).toEqual(new Set(['b\nold', 'a\ncheap', 'a\nnew']))
  })

  it('has a sign with its share', () => {
    expect([200, -12, 0, 8900, undefined].map(formatChange)).toEqual(['+200 %', '−12 %', '+0 %', '+8,900 %', ''])
  })
})
