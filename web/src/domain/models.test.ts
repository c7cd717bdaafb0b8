import { expect, it } from 'vitest'
import { allowedModels, firstModel } from './models'

const models = ['ada', 'claude-opus-5', 'claude-sonnet-5', 'gpt-4o-mini'].map((name) => ({ name, provider: '' }))

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
