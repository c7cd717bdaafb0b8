import { matchesModel } from './modelPattern'

// Models by their names: which a key may use, and which one to begin with.

export interface ModelName {
  name: string
  provider: string
}

// An empty list allows all.
export function allowedModels<Model extends ModelName>(models: Model[], patterns: readonly string[]): Model[] {
  return patterns.length === 0 ? models : models.filter(({ name }) => patterns.some((pattern) => matchesModel(pattern, name)))
}

const LIKED = [/^claude-sonnet-4-5$/, /^claude-.*sonnet/, /^gpt-4o-mini$/, /^gpt-\d.*mini/, /^gemini-.*flash$/]

// A well-known, middling one rather than the first of the alphabet.
export function firstModel<Model extends ModelName>(models: Model[]): Model | undefined {
  for (const liked of LIKED) {
    const found = models.find(({ name }) => liked.test(name))
    if (found) return found
  }
  return models[0]
}
