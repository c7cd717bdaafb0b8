import { describe, expect, it } from 'vitest'
import { allowedModels, firstModel, matchesPattern } from './models'

const models = ['ada', 'claude-opus-5', 'claude-sonnet-5', 'gpt-4o-mini'].map((name) => ({ name, provider: '' }))

describe('matchesPattern', () => {
  it.each([
    ['claude-*', 'claude-opus', true],
    ['claude-*', 'my-claude-opus', false],
    ['*', 'a\nb', true],
    ['a.c', 'abc', false],
    ['gpt-*-mini', 'gpt-4o-mini', true],
    ['(', '(', true],
  ])('%s and %s: %s', (pattern, name, fits) => expect(matchesPattern(pattern, name)).toBe(fits))
})

it('allowedModels: none named allows all', () => {
  expect(allowedModels(models, [])).toEqual(models)
  expect(allowedModels(models, ['claude-*', 'ada']).map(({ name }) => name)).toEqual(['ada', 'claude-opus-5', 'claude-sonnet-5'])
  expect(allowedModels(models, ['x'])).toEqual([])
})

it('firstModel: a middling one, else the first, else none', () => {
  expect(firstModel(models)?.name).toBe('claude-sonnet-5')
  expect(firstModel(models.slice(0, 2))?.name).toBe('ada')
  expect(firstModel([])).toBeUndefined()
})
