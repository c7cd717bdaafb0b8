// Which models a pattern is about: a name, a head "claude-*", or a family "family:haiku", which is every
// model with that word in its name. As libs/common/model_pattern.h has it.

const FAMILY = 'family:'

export type PatternKind = 'name' | 'head' | 'family'

export interface ModelPattern {
  kind: PatternKind
  stem: string
}

export function patternOf(text: string): ModelPattern {
  if (text.startsWith(FAMILY)) return { kind: 'family', stem: text.slice(FAMILY.length) }
  return text.endsWith('*') ? { kind: 'head', stem: text.slice(0, -1) } : { kind: 'name', stem: text }
}

export function matchesModel(text: string, model: string): boolean {
  const { kind, stem } = patternOf(text)
  if (kind === 'name') return model === stem
  if (kind === 'head') return model.startsWith(stem)
  return model.toLowerCase().split(/[^a-z0-9]+/).some((word) => word !== '' && word === stem.toLowerCase())
}

const VAGUENESS: Record<PatternKind, number> = { name: 0, head: 1, family: 2 }

// Negative: `a` says more about a model than `b`, and is asked first.
export function comparePatterns(a: string, b: string): number {
  const [one, other] = [patternOf(a), patternOf(b)]
  if (one.kind !== other.kind) return VAGUENESS[one.kind] - VAGUENESS[other.kind]
  if (one.kind === 'head' && one.stem.length !== other.stem.length) return other.stem.length - one.stem.length
  return one.stem < other.stem ? -1 : one.stem > other.stem ? 1 : 0
}
