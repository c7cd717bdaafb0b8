import { at, given, said, stopped, textAt, type ChatEvent, type ChatRequest, type Protocol } from './types'

function body({ model, messages, system, maxTokens, temperature }: ChatRequest) {
  const spoken = messages.map(({ role, text }) => ({ role, content: text }))
  return given({
    model,
    messages: system ? [{ role: 'system', content: system }, ...spoken] : spoken,
    max_tokens: maxTokens,
    temperature,
    stream: true,
  })
}

function read(data: unknown): ChatEvent[] {
  if (at(data, 'error') !== undefined) return [{ kind: 'error', body: data }]
  const thought = textAt(data, 'choices', 0, 'delta', 'reasoning_content')
  return [
    ...said('thinking', thought),
    ...said('text', textAt(data, 'choices', 0, 'delta', 'content')),
    ...stopped(textAt(data, 'choices', 0, 'finish_reason')),
  ]
}

export const openaiChat: Protocol = {
  label: 'OpenAI Chat Completions',
  path: () => '/v1/chat/completions',
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  body,
  read,
  endsWithStop: true, // many servers leave `[DONE]` out
}
