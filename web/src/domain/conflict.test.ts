import { expect, it } from 'vitest'
import { changedFields, clashes, pick } from './conflict'

const BASE = { name: 'a', priority: 10, models: ['x'], tier: null as string | null }

it('finds what was changed, lists and nothing included', () => {
  expect(changedFields({ ...BASE }, BASE)).toEqual({})
  expect(changedFields({ ...BASE, models: ['x', 'y'], priority: 20 }, BASE)).toEqual({ models: ['x', 'y'], priority: 20 })
  expect(changedFields<{ tier?: string | null }>({ tier: null }, {})).toEqual({})
})

it.each([
  ['nobody else changed anything', { priority: 20 }, BASE, []],
  ['somebody changed another field', { priority: 20 }, { ...BASE, name: 'b' }, []],
  ['somebody changed the same one', { priority: 20 }, { ...BASE, priority: 30 }, ['priority']],
  ['somebody made the same change', { priority: 20 }, { ...BASE, priority: 20 }, []],
  ['a list, the same and another', { models: ['y'], name: 'c' }, { ...BASE, models: ['z'] }, ['models']],
])('when %s', (_, changed, theirs, names) => {
  expect(clashes(changed, BASE, theirs)).toEqual(names)
})

it('picks', () => {
  expect(pick(BASE, ['name'])).toEqual({ name: 'a' })
})
