import { effectScope } from 'vue'
import { afterEach, expect, it, vi } from 'vitest'
import * as logs from '@/api/logs'
import { useAccountTest } from './useAccountTest'

function answering(...pieces: string[]) {
  const controller: { close?: () => void } = {}
  vi.stubGlobal('fetch', (request: Request) => {
    const body = new ReadableStream<Uint8Array>({
      start(stream) {
        const bytes = new TextEncoder()
        for (const piece of pieces) stream.enqueue(bytes.encode(piece))
        controller.close = () => stream.close()
        request.signal.addEventListener('abort', () => stream.error(new DOMException('aborted', 'AbortError')))
      },
    })
    return Promise.resolve(new Response(body, { headers: { 'content-type': 'text/event-stream' } }))
  })
  return controller
}

const event = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`
const inScope = () => effectScope().run(() => useAccountTest(() => 1))!
const settled = () => new Promise((resolve) => setTimeout(resolve, 20))
afterEach(() => vi.unstubAllGlobals())

it('shows what comes as it comes, then the whole', async () => {
  const result = event('result', { ok: true, text: 'Hello you', timings: { resolve_us: 5, connect_us: 9, tls_us: null, total_us: 40 } })
  const stream = answering(event('phase', { phase: 'connect', at_us: 9 }), event('text', { text: 'Hel' }), event('text', { text: 'lo' }))
  const test = inScope()
  const run = test.run({})
  await settled()
  expect([test.state.value, test.text.value, test.phases.value]).toEqual(['running', 'Hello', { connect: 9 }])
  stream.close!()
  await run
  expect(test.state.value).toBe('failed')
  expect(test.error.value?.reason).toBe('stream_incomplete')

  answering(event('text', { text: 'x' }), result)
  await test.run({})
  expect([test.state.value, test.text.value]).toEqual(['done', 'Hello you'])
  expect(test.phases.value).toEqual({ resolve: 5, connect: 9, tls: null, total: 40 })
})

it('keeps what came when it is stopped', async () => {
  answering(event('text', { text: 'half' }))
  const test = inScope()
  const run = test.run({})
  await settled()
  test.stop()
  await run
  expect([test.state.value, test.text.value, test.error.value]).toEqual(['stopped', 'half', null])
})

it('says what admin said', async () => {
  vi.stubGlobal('fetch', () => Promise.resolve(Response.json({ error: 'no relay', code: 50301, reason: 'service_away', request_id: 'r', fields: {} }, { status: 503 })))
  const test = inScope()
  await test.run({})
  expect([test.state.value, test.error.value?.reason]).toEqual(['failed', 'service_away'])
})

it('says what it cost once the ledger has it', async () => {
  const find = vi.spyOn(logs, 'findTestLog').mockResolvedValueOnce(null).mockResolvedValue({ cost_usd: '0.0004' } as never)
  answering(event('result', { ok: true, text: 'Hello', request_id: 'r-1', timings: { total_us: 40 } }))
  const test = inScope()
  await test.run({})
  expect(test.log.value).toBeNull()
  await vi.waitFor(() => expect(test.log.value?.cost_usd).toBe('0.0004'), 3_000)
  expect([find.mock.calls.length, find.mock.lastCall![0]]).toEqual([2, 'r-1'])
})
