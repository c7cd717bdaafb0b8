import { expect, it } from 'vitest'
import { boundFaults, boundsOf } from './bounds'

it.each([
  ['', '', {}],
  ['100', '0', {}],
  ['0', '2.1', { maxTokens: 'wholeNumber', temperature: 'temperature' }],
  ['1.5', '-1', { maxTokens: 'wholeNumber', temperature: 'temperature' }],
  ['x', 'x', { maxTokens: 'wholeNumber', temperature: 'temperature' }],
])('boundFaults %j %j', (maxTokens, temperature, faults) => {
  expect(boundFaults({ system: '', maxTokens, temperature })).toEqual(faults)
})

it('boundsOf leaves out what is empty', () => {
  expect(boundsOf({ system: ' ', maxTokens: '', temperature: '0' })).toEqual({ system: undefined, maxTokens: undefined, temperature: 0 })
})
