import { describe, expect, it } from 'vitest'
import { causeOf, failureOf, PROTOCOLS, protocolOf, type ChatRequest, type ProtocolName } from '.'

const REQUEST: ChatRequest = {
  model: 'claude/opus 4',
  system: 'Be brief.',
  messages: [
    { role: 'user', text: 'Hello' },
    { role: 'assistant', text: 'Hi' },
    { role: 'user', text: 'More' },
  ],
  maxTokens: 50,
  temperature: 0,
}

const PATHS: Record<ProtocolName, string> = {
  anthropic_messages: '/v1/messages',
  openai_chat: '/v1/chat/completions',
  openai_responses: '/v1/responses',
  gemini: '/v1beta/models/claude%2Fopus%204:streamGenerateContent?alt=sse',
}

const BODIES: Record<ProtocolName, unknown> = {
  anthropic_messages: {
    model: 'claude/opus 4', max_tokens: 50, system: 'Be brief.', temperature: 0, stream: true,
    messages: [{ role: 'user', content: 'Hello' }, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'More' }],
  },
  openai_chat: {
    model: 'claude/opus 4', max_tokens: 50, temperature: 0, stream: true,
    messages: [{ role: 'system', content: 'Be brief.' }, { role: 'user', content: 'Hello' }, { role: 'assistant', content: 'Hi' }, { role: 'user', content: 'More' }],
  },
  openai_responses: {
    model: 'claude/opus 4', max_output_tokens: 50, temperature: 0, instructions: 'Be brief.', store: false, stream: true,
    input: [
      { role: 'user', content: [{ type: 'input_text', text: 'Hello' }] },
      { role: 'assistant', content: [{ type: 'output_text', text: 'Hi' }] },
      { role: 'user', content: [{ type: 'input_text', text: 'More' }] },
    ],
  },
  gemini: {
    contents: [
      { role: 'user', parts: [{ text: 'Hello' }] },
      { role: 'model', parts: [{ text: 'Hi' }] },
      { role: 'user', parts: [{ text: 'More' }] },
    ],
    systemInstruction: { parts: [{ text: 'Be brief.' }] },
    generationConfig: { maxOutputTokens: 50, temperature: 0 },
  },
}

const NAMES = Object.keys(PROTOCOLS) as ProtocolName[]

describe('requests', () => {
  it.each(NAMES)('%s: path and body', (name) => {
    expect(PROTOCOLS[name].path(REQUEST)).toBe(PATHS[name])
    expect(PROTOCOLS[name].body(REQUEST)).toEqual(BODIES[name])
  })

  it.each(NAMES)('%s: nothing that was not asked for', (name) => {
    const body = JSON.stringify(PROTOCOLS[name].body({ model: 'm', messages: [] }))
    expect(body).not.toMatch(/temperature|system|instructions|generationConfig|max_output/i)
  })

  it.each(NAMES)('%s: the key stands in one header', (name) => {
    expect(Object.values(PROTOCOLS[name].headers('ck_1')).filter((value) => value.includes('ck_1'))).toHaveLength(1)
  })
})

const text = (said: string) => [{ kind: 'text', text: said }]
const thinking = (said: string) => [{ kind: 'thinking', text: said }]
const stop = (reason: string) => ({ kind: 'stop', reason })

const READ: [ProtocolName, string, unknown, unknown][] = [
  ['anthropic_messages', 'text', { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } }, text('Hi')],
  ['anthropic_messages', 'thinking', { type: 'content_block_delta', delta: { thinking: 'Hm' } }, thinking('Hm')],
  ['anthropic_messages', 'a block that begins empty', { type: 'content_block_start', content_block: { type: 'text', text: '' } }, []],
  ['anthropic_messages', 'stop', { type: 'message_delta', delta: { stop_reason: 'end_turn' } }, [stop('end_turn')]],
  ['anthropic_messages', 'end', { type: 'message_stop' }, [{ kind: 'end' }]],
  ['openai_chat', 'text', { choices: [{ delta: { content: 'Hi' } }] }, text('Hi')],
  ['openai_chat', 'thinking', { choices: [{ delta: { reasoning_content: 'Hm' } }] }, thinking('Hm')],
  ['openai_chat', 'stop', { choices: [{ delta: {}, finish_reason: 'stop' }] }, [stop('stop')]],
  ['openai_chat', 'usage without choices', { choices: [], usage: {} }, []],
  ['openai_responses', 'text', { type: 'response.output_text.delta', delta: 'Hi' }, text('Hi')],
  ['openai_responses', 'end', { type: 'response.completed' }, [stop('completed'), { kind: 'end' }]],
  ['openai_responses', 'cut short', { type: 'response.incomplete', response: { incomplete_details: { reason: 'max_output_tokens' } } }, [stop('max_output_tokens'), { kind: 'end' }]],
  ['gemini', 'text and thought', { candidates: [{ content: { parts: [{ text: 'Hm', thought: true }, { text: 'Hi' }] } }] }, [...thinking('Hm'), ...text('Hi')]],
  ['gemini', 'stop', { candidates: [{ content: { parts: [] }, finishReason: 'STOP' }] }, [stop('STOP')]],
  ['gemini', 'blocked', { promptFeedback: { blockReason: 'SAFETY' } }, [stop('SAFETY')]],
]

describe('answers', () => {
  it.each(READ)('%s: %s', (name, _about, data, events) => {
    expect(PROTOCOLS[name].read(data)).toEqual(events)
  })

  it.each(NAMES)('%s: an error is one, whatever else comes is no event', (name) => {
    expect(PROTOCOLS[name].read({ type: 'error', error: { message: 'no' } })).toMatchObject([{ kind: 'error' }])
    for (const odd of [null, 7, 'x', [], {}, { choices: 'x', candidates: 3, delta: null }]) expect(PROTOCOLS[name].read(odd)).toEqual([])
  })
})

describe('failures', () => {
  it.each([
    ['Anthropic', { type: 'error', error: { type: 'rate_limit_error', message: 'The limit.', details: { error_code: 'rate_limited' } } }, 'rate_limited', 'limit', 'The limit.'],
    ['OpenAI', { error: { message: 'Which?', code: 'model_not_found' } }, 'model_not_found', 'weir', 'Which?'],
    ['Gemini', { error: { message: 'Bad.', details: [{ reason: 'KEY_UNKNOWN' }] } }, 'key_unknown', 'you', 'Bad.'],
    ['the REST interface', { error: 'Nobody.', code: 40401, reason: 'x' }, '', 'provider', 'Nobody.'],
    ['a provider', { error: { message: 'too long', type: 'invalid_request_error' } }, '', 'provider', 'too long'],
    ['nobody', null, '', 'provider', 'HTTP 502'],
  ])('of %s', (_who, body, reason, cause, message) => {
    expect(failureOf(502, body)).toEqual({ status: 502, reason, cause, message })
  })

  it('keeps of endless words as many as can be read', () => {
    expect(failureOf(0, { error: { message: 'x'.repeat(50_000) } }).message).toHaveLength(2_000)
  })

  it('knows whose doing a reason is', () => {
    expect([causeOf('budget_exceeded'), causeOf('upstream_timeout'), causeOf('nobody_knows')]).toEqual(['limit', 'provider', undefined])
  })
})

describe('protocolOf', () => {
  it.each([['anthropic', 'anthropic_messages'], ['gemini', 'gemini'], ['openai', 'openai_chat'], ['ollama', 'openai_chat']])('%s: %s', (provider, name) => {
    expect(protocolOf(provider)).toBe(name)
  })
})
