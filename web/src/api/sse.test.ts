import { describe, expect, it } from 'vitest'
import { eventSplitter, eventsOf, type StreamEvent } from './sse'

const WHOLE = 'event: a\ndata: {"x":1}\n\n: a comment\n\ndata: one\ndata: two\n\ndata: [DONE]\n\n'
const EVENTS: StreamEvent[] = [
  { name: 'a', data: '{"x":1}' },
  { name: 'message', data: 'one\ntwo' },
  { name: 'message', data: '[DONE]' },
]

describe('eventSplitter', () => {
  it.each(['\n', '\r\n', '\r'])('finds the same events wherever the text is cut, line ends %j', (end) => {
    const text = WHOLE.replaceAll('\n', end)
    for (let cut = 0; cut <= text.length; cut += 1) {
      const split = eventSplitter()
      // A lone CR at the very end waits for its LF, so the last event of the third form needs one more line.
      const found = [...split(text.slice(0, cut)), ...split(text.slice(cut)), ...split('\n')]
      expect(found).toEqual(EVENTS)
    }
  })

  it('drops a block without data and keeps what is no whole event for later', () => {
    const split = eventSplitter()
    expect(split('event: ping\n\ndata: half')).toEqual([])
    expect(split(' a line\n\n')).toEqual([{ name: 'message', data: 'half a line' }])
  })

  it('keeps spaces behind the first one', () => {
    expect(eventSplitter()('data:  two\n\ndata:none\n\n').map(({ data }) => data)).toEqual([' two', 'none'])
  })
})

describe('eventsOf', () => {
  it('puts together characters that were cut', async () => {
    const bytes = new TextEncoder().encode('data: 你好\n\n')
    const body = new ReadableStream({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte))
        controller.close()
      },
    })
    const found: StreamEvent[] = []
    for await (const event of eventsOf(new Response(body))) found.push(event)
    expect(found).toEqual([{ name: 'message', data: '你好' }])
  })

  it('lets the connection go when the reader leaves', async () => {
    let cancelled = false
    const body = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('data: 1\n\ndata: 2\n\n')),
      cancel: () => {
        cancelled = true
      },
    })
    for await (const event of eventsOf(new Response(body))) {
      expect(event.data).toBe('1')
      break
    }
    expect(cancelled).toBe(true)
  })
})
