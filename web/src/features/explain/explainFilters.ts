import { flag, integer, oneOf, text, type StateOf } from '@/composables/useUrlState'
import type { ExplainBody } from '@/api/explain'
import { PROTOCOLS } from '@/domain/protocols'

export const SWITCHES = ['thinking', 'tools', 'images', 'stream'] as const

export const EXPLAIN_FIELDS = {
  key: integer(0),
  model: text(),
  protocol: oneOf(PROTOCOLS, 'anthropic_messages'),
  session: text(),
  input_tokens: integer(0),
  max_tokens: integer(0),
  thinking: flag(),
  tools: flag(),
  images: flag(),
  stream: flag(),
}

export type ExplainState = StateOf<typeof EXPLAIN_FIELDS>

// What is asked, once there is a key and a model; null before.
export function questionOf(state: ExplainState): ExplainBody | null {
  const { key, model, protocol, session, input_tokens, max_tokens } = state
  if (!key || !model.trim()) return null
  const on = Object.fromEntries(SWITCHES.filter((name) => state[name]).map((name) => [name, true]))
  return {
    key_id: key,
    model: model.trim(),
    protocol,
    ...(session && { session }),
    ...(input_tokens && { input_tokens }),
    ...(max_tokens && { max_tokens }),
    ...on,
  } as ExplainBody
}
