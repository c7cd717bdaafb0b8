import { anthropicMessages } from './anthropicMessages'
import { gemini } from './gemini'
import { openaiChat } from './openaiChat'
import { openaiResponses } from './openaiResponses'
import type { Protocol, ProtocolName } from './types'

export const PROTOCOLS: Record<ProtocolName, Protocol> = {
  anthropic_messages: anthropicMessages,
  openai_chat: openaiChat,
  openai_responses: openaiResponses,
  gemini,
}

export const PROTOCOL_NAMES = Object.keys(PROTOCOLS) as ProtocolName[]

// The protocol that a model's provider speaks itself: nothing is translated then.
export function protocolOf(provider: string): ProtocolName {
  if (provider === 'anthropic') return 'anthropic_messages'
  return provider === 'gemini' || provider.startsWith('gcp') ? 'gemini' : 'openai_chat'
}

export * from './failure'
export * from './types'
