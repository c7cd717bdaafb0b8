import type { Presence, Rule } from '@/domain/routing'

// A rule as its fields have it.
export interface RuleTexts {
  input_tokens_above: string
  input_tokens_below: string
  thinking: Presence
  tools: Presence
  images: Presence
  upstream_model: string
}

export const PRESENCES = ['thinking', 'tools', 'images'] as const
export const NEW_RULE: RuleTexts = { input_tokens_above: '', input_tokens_below: '', thinking: 'any', tools: 'any', images: 'any', upstream_model: '' }

export const isCount = (text: string) => /^\d{0,15}$/.test(text.trim())
export const countOf = (text: string) => (text.trim() ? Number(text) : null)

export function ruleTexts(rule: Rule): RuleTexts {
  return { ...rule, input_tokens_above: rule.input_tokens_above?.toString() ?? '', input_tokens_below: rule.input_tokens_below?.toString() ?? '' }
}

export function ruleOf(rule: RuleTexts): Rule {
  return { ...rule, input_tokens_above: countOf(rule.input_tokens_above), input_tokens_below: countOf(rule.input_tokens_below), upstream_model: rule.upstream_model.trim() }
}
