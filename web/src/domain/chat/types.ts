// A conversation in no protocol's words, and what an answer's stream says.

export type ProtocolName = 'anthropic_messages' | 'openai_chat' | 'openai_responses' | 'gemini'

export interface Message {
  role: 'user' | 'assistant'
  text: string
}

export interface ChatRequest {
  model: string
  messages: Message[]
  system?: string
  maxTokens?: number
  temperature?: number
}

export type ChatEvent =
  | { kind: 'text' | 'thinking'; text: string }
  | { kind: 'stop'; reason: string }
  | { kind: 'error'; body: unknown }
  | { kind: 'end' } // the protocol's own last event

export interface Protocol {
  label: string
  path: (request: ChatRequest) => string
  headers: (key: string) => Record<string, string>
  body: (request: ChatRequest) => Record<string, unknown>
  read: (data: unknown) => ChatEvent[] // one event's data, parsed
  // A stream of Gemini has no last event: it is whole when somebody has said why it stops.
  endsWithStop?: boolean
}

type Json = Record<string, unknown>

export const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

// What stands at a path of an answer that nobody has checked.
export function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, name) => (typeof inner === 'object' && inner !== null ? (inner as Json)[name] : undefined), value)
}

export function textAt(value: unknown, ...path: (string | number)[]): string {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : ''
}

// Only what is there: no empty text, no undefined.
export const given = (fields: Json): Json =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== ''))

export const said = (kind: 'text' | 'thinking', text: string): ChatEvent[] => (text === '' ? [] : [{ kind, text }])
export const stopped = (reason: string): ChatEvent[] => (reason === '' ? [] : [{ kind: 'stop', reason }])
