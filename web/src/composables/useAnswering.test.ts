import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, reactive, type EffectScope } from 'vue'
import type { Question } from '@/api/relay'
import { emptyAnswer, useAnswering, type Answering } from './useAnswering'

const QUESTION: Question = {
  relayUrl: 'http://relay',
  key: 'ck_1',
  protocol: 'anthropic_messages',
  request: { model: 'm', messages: [{ role: 'user', text: 'Hello' }] },
}
const HEAD = { 'x-weir-request-id': '0197', 'x-weir-overhead-us': '85' }
const event = (data: unknown) => `data: ${JSON.stringify(data)}\n\n`
const WHOLE = event({ type: 'content_block_delta', delta: { text: 'Hi' } }) + event({ type: 'message_delta', delta: { stop_reason: 'end_turn' } }) + event({ type: 'message_stop' })

const found = (...rows: object[]) => new Response(JSON.stringify({ data: rows, total: rows.length }), { headers: { 'content-type': 'application/json' } })

let scope: EffectScope
let answering: Answering
let relay: (signal: AbortSignal) => Promise<Response>
let log: () => Response

beforeEach(() => {
  vi.useFakeTimers()
  log = () => found()
  vi.stubGlobal('fetch', (input: string | Request, init?: RequestInit) =>
    typeof input === 'string' ? relay(init!.signal!) : Promise.resolve(log()))
  scope = effectScope()
  answering = scope.run(() => useAnswering())!
})
afterEach(() => {
  scope.stop()
  vi.unstubAllGlobals()
})

describe('useAnswering', () => {
  it('tells text, why it stopped, times, and the figures once the ledger has them', async () => {
    relay = () => Promise.resolve(new Response(WHOLE, { headers: HEAD }))
    const answer = reactive(emptyAnswer())
    await answering.ask(QUESTION, answer)
    expect(answer).toMatchObject({ state: 'done', text: 'Hi', stopReason: 'end_turn', failure: null, head: { requestId: '0197', overheadUs: 85, cached: false } })
    expect(answering.busy.value).toBe(false)

    await vi.advanceTimersByTimeAsync(400) // not there yet
    expect(answer.log).toBeNull()
    log = () => found({ request_id: '0197', error_class: '', output_tokens: 2 })
    await vi.advanceTimersByTimeAsync(600)
    expect(answer.log?.output_tokens).toBe(2)
  })

  it('says that a stream without its last event broke off', async () => {
    relay = () => Promise.resolve(new Response(event({ type: 'content_block_delta', delta: { text: 'Ha' } }), { headers: HEAD }))
    const answer = reactive(emptyAnswer())
    await answering.ask(QUESTION, answer)
    expect(answer).toMatchObject({ state: 'failed', text: 'Ha', failure: { cause: 'network', reason: 'stream_incomplete' } })
  })

  it('takes the ledger’s word for why', async () => {
    relay = () => Promise.resolve(new Response('{"error":{"message":"slow down","code":"rate_limit_exceeded"}}', { status: 429, headers: HEAD }))
    log = () => found({ request_id: '0197', error_class: 'upstream_rate_limited' })
    const answer = reactive(emptyAnswer())
    await answering.ask(QUESTION, answer)
    expect(answer.failure).toMatchObject({ status: 429, message: 'slow down' })
    await vi.advanceTimersByTimeAsync(400)
    expect(answer.failure).toMatchObject({ cause: 'provider', reason: 'upstream_rate_limited' })
  })

  it('keeps what came when it is stopped', async () => {
    relay = (signal) => {
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(new TextEncoder().encode(event({ type: 'content_block_delta', delta: { text: 'Half' } })))
          signal.addEventListener('abort', () => controller.error(new DOMException('stopped', 'AbortError')))
        },
      })
      return Promise.resolve(new Response(body, { headers: HEAD }))
    }
    const answer = reactive(emptyAnswer())
    const asked = answering.ask(QUESTION, answer)
    await vi.advanceTimersByTimeAsync(10)
    expect(answer.state).toBe('streaming')
    answering.stop()
    await asked
    expect(answer).toMatchObject({ state: 'stopped', text: 'Half', failure: null })
  })

  it('says that nobody answered', async () => {
    relay = () => Promise.reject(new TypeError('Failed to fetch'))
    const answer = reactive(emptyAnswer())
    await answering.ask(QUESTION, answer)
    expect(answer).toMatchObject({ state: 'failed', failure: { cause: 'network', message: 'Failed to fetch' } })
  })
})
