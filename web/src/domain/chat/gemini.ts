import { at, given, said, stopped, textAt, type ChatEvent, type ChatRequest, type Protocol } from './types'

function body({ messages, system, maxTokens, temperature }: ChatRequest) {
  const generationConfig = given({ maxOutputTokens: maxTokens, temperature })
  return given({
    contents: messages.map(({ role, text }) => ({ role: role === 'user' ? 'user' : 'model', parts: [{ text }] })),
    systemInstruction: system ? { parts: [{ text: system }] } : undefined,
    generationConfig: Object.keys(generationConfig).length > 0 ? generationConfig : undefined,
  })
}

function read(data: unknown): ChatEvent[] {
  if (at(data, 'error') !== undefined) return [{ kind: 'error', body: data }]
  const parts = at(data, 'candidates', 0, 'content', 'parts')
  const spoken = (Array.isArray(parts) ? parts : []).flatMap((part) => said(at(part, 'thought') === true ? 'thinking' : 'text', textAt(part, 'text')))
  return [
    ...spoken,
    ...stopped(textAt(data, 'candidates', 0, 'finishReason')),
    ...stopped(textAt(data, 'promptFeedback', 'blockReason')),
  ]
}

export const gemini: Protocol = {
  label: 'Gemini',
  path: ({ model }) => `/v1beta/models/${encodeURIComponent(model)}:streamGenerateContent?alt=sse`,
  headers: (key) => ({ 'x-goog-api-key': key }),
  body,
  read,
  endsWithStop: true,
}
