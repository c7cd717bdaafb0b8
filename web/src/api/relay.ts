import { eventsOf, type StreamEvent } from './sse'
import { failureOf, PROTOCOLS, type ChatEvent, type ChatRequest, type Failure, type ProtocolName } from '@/domain/chat'

// The relay itself, asked as clients ask it: with a key, or a token that stands for one.

export interface Question {
  relayUrl: string
  key: string
  protocol: ProtocolName
  request: ChatRequest
}

export interface AnswerHead {
  requestId: string
  overheadUs: number | null // the gateway's own time
  cached: boolean
}

export interface AnswerSink {
  head: (head: AnswerHead) => void
  event: (event: ChatEvent) => void
  raw: (event: StreamEvent) => void
}

function headOf({ headers }: Response): AnswerHead {
  const overhead = headers.get('x-weir-overhead-us')
  return {
    requestId: headers.get('x-weir-request-id') ?? '',
    overheadUs: overhead === null ? null : Number(overhead),
    cached: headers.get('x-weir-cache') === 'hit',
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const broken = (message: string): Failure => ({ cause: 'network', reason: 'stream_incomplete', message, status: 0 })

async function readAll(response: Response, protocol: ProtocolName, sink: AnswerSink): Promise<Failure | null> {
  const { read, endsWithStop } = PROTOCOLS[protocol]
  let whole = false
  for await (const event of eventsOf(response)) {
    sink.raw(event)
    if (event.data === '[DONE]') continue
    for (const piece of read(parsed(event.data))) {
      if (piece.kind === 'error') return failureOf(0, piece.body)
      if (piece.kind === 'end' || (endsWithStop && piece.kind === 'stop')) whole = true
      sink.event(piece)
    }
  }
  return whole ? null : broken('')
}

// Streams an answer; what it ended with, null when well. Whoever aborts gets the AbortError.
export async function streamAnswer(question: Question, signal: AbortSignal, sink: AnswerSink): Promise<Failure | null> {
  const { path, headers, body } = PROTOCOLS[question.protocol]
  try {
    const response = await fetch(question.relayUrl + path(question.request), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers(question.key) },
      body: JSON.stringify(body(question.request)),
      credentials: 'omit',
      signal,
    })
    sink.head(headOf(response))
    if (!response.ok) return failureOf(response.status, parsed(await response.text()))
    return await readAll(response, question.protocol, sink)
  } catch (error) {
    if (signal.aborted) throw error
    return { cause: 'network', reason: '', message: error instanceof Error ? error.message : String(error), status: 0 }
  }
}
