// What clients and accounts speak; their words are in locales/*/accountForm.ts.
export const PROTOCOLS = ['anthropic_messages', 'openai_chat', 'openai_responses', 'gemini'] as const
export type Protocol = (typeof PROTOCOLS)[number]
