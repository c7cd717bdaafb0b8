import { onScopeDispose, reactive, ref, type Ref } from 'vue'
import { findOwnLog, type LogRow } from '@/api/logs'
import { streamAnswer, type AnswerHead, type Question } from '@/api/relay'
import type { StreamEvent } from '@/api/sse'
import { causeOf, type Failure } from '@/domain/chat'
import { awaitLog } from './awaitLog'

export interface Answer {
  state: 'waiting' | 'streaming' | 'done' | 'stopped' | 'failed'
  text: string
  thinking: string
  stopReason: string
  failure: Failure | null
  head: AnswerHead | null
  firstTextMs: number | null
  totalMs: number | null
  log: LogRow | null // once the ledger has it
  events: StreamEvent[]
}

const EVENTS_MAX = 2_000 // of one answer, for looking at

export const emptyAnswer = (): Answer => ({
  state: 'waiting', text: '', thinking: '', stopReason: '', failure: null, head: null, firstTextMs: null, totalMs: null, log: null, events: [],
})

// The ledger knows why a request failed better than its answer says.
function explain(answer: Answer) {
  const reason = answer.log?.error_class ?? ''
  if (!answer.failure || answer.state === 'stopped' || !reason) return
  answer.failure = { ...answer.failure, reason, cause: causeOf(reason) ?? answer.failure.cause }
}

export interface Answering {
  busy: Ref<boolean>
  ask: (question: Question, answer: Answer) => Promise<void>
  stop: () => void
}

// Streams answers, one at a time, with their times; then their figures from the log.
export function useAnswering(): Answering {
  const busy = ref(false)
  let running: AbortController | null = null
  const ended = new AbortController()

  function sinkOf(answer: Answer, begunAt: number) {
    return {
      head: (head: AnswerHead) => (answer.head = head),
      raw: (event: StreamEvent) => void (answer.events.length < EVENTS_MAX && answer.events.push(event)),
      event: (event: Parameters<Parameters<typeof streamAnswer>[2]['event']>[0]) => {
        if (event.kind === 'text' || event.kind === 'thinking') {
          answer.state = 'streaming'
          answer[event.kind] += event.text
          if (event.kind === 'text') answer.firstTextMs ??= performance.now() - begunAt
        } else if (event.kind === 'stop') answer.stopReason = event.reason
      },
    }
  }

  async function ask(question: Question, given: Answer) {
    const answer = reactive(given)
    const mine = (running = new AbortController())
    const begunAt = performance.now()
    busy.value = true
    try {
      answer.failure = await streamAnswer(question, mine.signal, sinkOf(answer, begunAt))
      answer.state = answer.failure ? 'failed' : 'done'
    } catch {
      answer.state = 'stopped'
    } finally {
      answer.totalMs = performance.now() - begunAt
      if (running === mine) busy.value = false
    }
    void figures(answer)
  }

  async function figures(answer: Answer) {
    const id = answer.head?.requestId
    answer.log = id ? await awaitLog((signal) => findOwnLog(id, signal), ended.signal) : null
    explain(answer)
  }

  function stop() {
    running?.abort()
  }

  onScopeDispose(() => {
    ended.abort()
    stop()
  })
  return { busy, ask, stop }
}
