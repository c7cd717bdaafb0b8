import { describe, expect, it } from 'vitest'
import { comparePatterns, matchesModel } from './modelPattern'

describe('a pattern', () => {
  it.each([
    ['claude-haiku-4-5', 'claude-haiku-4-5', true],
    ['claude-haiku-4-5', 'claude-haiku-4-5-20251001', false],
    ['claude-*', 'claude-opus-4-8', true],
    ['claude-*', 'anthropic/claude-opus', false],
    ['*', 'anything', true],
    ['a*b', 'a*b', true],
    ['a*b', 'axb', false],
    ['family:haiku', 'claude-haiku-4-5', true],
    ['family:haiku', 'anthropic/Claude.Haiku@2025', true],
    ['family:haiku', 'thaiku', false],
    ['family:', 'claude', false],
  ])('%s and %s: %s', (pattern, model, matches) => expect(matchesModel(pattern, model)).toBe(matches))

  it('says more when it is a name, a longer head, any head before a family', () => {
    const patterns = ['family:haiku', '*', 'claude-*', 'claude-haiku-*', 'b', 'a']
    expect([...patterns].sort(comparePatterns)).toEqual(['a', 'b', 'claude-haiku-*', 'claude-*', '*', 'family:haiku'])
    expect(comparePatterns('a', 'a')).toBe(0)
  })
})
