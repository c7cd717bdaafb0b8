import { given, said, stopped, textAt, type ChatEvent, type ChatRequest, type Protocol } from './types'

const part = (role: string, text: string) => ({ type: role === 'user' ? 'input_text' : 'output_text', text })

function body({ model, messages, system, maxTokens, temperature }: ChatRequest) {
  return given({
    model,
    input: messages.map(({ role, text }) => ({ role, content: [part(role, text)] })),
    instructions: system,
    max_output_tokens: maxTokens,
    temperature,
    store: false, // so that accounts of every protocol can serve it
    stream: true,
  })
}

function read(data: unknown): ChatEvent[] {
  const type = textAt(data, 'type')
  switch (type) {
    case 'response.output_text.delta':
    case 'response.refusal.delta':
      return said('text', textAt(data, 'delta'))
    case 'response.reasoning_summary_text.delta':
    case 'response.reasoning_text.delta':
      return said('thinking', textAt(data, 'delta'))
    case 'response.completed':
      return [{ kind: 'stop', reason: 'completed' }, { kind: 'end' }]
    case 'response.incomplete':
      return [...stopped(textAt(data, 'response', 'incomplete_details', 'reason')), { kind: 'end' }]
    case 'response.failed':
    case 'error':
      return [{ kind: 'error', body: data }]
    default:
      return []
  }
}

export const openaiResponses: Protocol = {
  label: 'OpenAI Responses',
  path: () => '/v1/responses',
  headers: (key) => ({ authorization: `Bearer ${key}` }),
  body,
  read,
}
