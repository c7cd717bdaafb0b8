import { at, given, said, stopped, textAt, type ChatEvent, type ChatRequest, type Protocol } from './types'

const MAX_TOKENS = 4096 // Anthropic wants a bound always

function body({ model, messages, system, maxTokens, temperature }: ChatRequest) {
  return given({
    model,
    max_tokens: maxTokens ?? MAX_TOKENS,
    messages: messages.map(({ role, text }) => ({ role, content: text })),
    system,
    temperature,
    stream: true,
  })
}

function read(data: unknown): ChatEvent[] {
  switch (textAt(data, 'type')) {
    case 'content_block_start':
      return said('text', textAt(data, 'content_block', 'text'))
    case 'content_block_delta':
      return [...said('text', textAt(data, 'delta', 'text')), ...said('thinking', textAt(data, 'delta', 'thinking'))]
    case 'message_delta':
      return stopped(textAt(data, 'delta', 'stop_reason'))
    case 'message_stop':
      return [{ kind: 'end' }]
    case 'error':
      return [{ kind: 'error', body: at(data, 'error') === undefined ? null : data }]
    default:
      return []
  }
}

export const anthropicMessages: Protocol = {
  label: 'Anthropic Messages',
  path: () => '/v1/messages',
  headers: (key) => ({ 'x-api-key': key, 'anthropic-version': '2023-06-01' }),
  body,
  read,
}
