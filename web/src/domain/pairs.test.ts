import { expect, it } from 'vitest'
import { pairsOf, textOfPairs } from './pairs'

it.each([
  ['a = b', '=', { a: 'b' }, []],
  ['  a=b=c \n\n x = y', '=', { a: 'b=c', x: 'y' }, []],
  ['x-team: a:b', ':', { 'x-team': 'a:b' }, []],
  ['gpt-4o -> x\n= b\na =', '=', {}, [1, 2, 3]],
  ['', '=', {}, []],
] as const)('reads %j', (text, between, pairs, wrong) => expect(pairsOf(text, between)).toEqual({ pairs, wrong }))

it('writes what it reads', () => {
  const pairs = { 'gpt-4o': 'my-deployment', 'claude-*': 'glm-4.6' }
  expect(pairsOf(textOfPairs(pairs, '='), '=').pairs).toEqual(pairs)
  expect(textOfPairs(null, ':')).toBe('')
})
