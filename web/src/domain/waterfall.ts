// One request on one time line: each attempt with its connecting, the wait and the stream of the one that answered.
// Percentages of the whole, for bars.

export interface WaterfallAttempt {
  account_id: number
  status: number
  error_class: string
  started_at: string | null
  duration_ms: number
  // From the attempt's beginning; null from relays of before.
  connect_ms?: number | null
  end_ms?: number | null
  action?: string | null
  cooldown_until?: string | null
}

export interface WaterfallLog {
  started_at: string | null
  latency_ms: number
  first_token_ms: number | null
  attempts: WaterfallAttempt[] | number
}

export interface Segment {
  kind: 'connect' | 'wait' | 'stream' | 'failed'
  startPercent: number
  widthPercent: number
}

export interface Lane {
  number: number
  status: number
  errorClass: string
  accountId: number
  action: string // what became of it; "": not told
  cooldownUntil: string | null
  startMs: number
  durationMs: number
  segments: Segment[]
}

export interface Waterfall {
  totalMs: number
  lanes: Lane[]
  firstTokenPercent: number | null
  marksMs: number[]
}

const WIDTH_PERCENT_MIN = 0.5 // what took no time is seen too

// 1, 2 or 5 times a power of ten, so that at most five marks stand on the line.
export function marksOf(totalMs: number): number[] {
  if (!(totalMs > 0)) return [0]
  const raw = totalMs / 5
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map((n) => n * power).find((size) => size >= raw) ?? raw
  const marks: number[] = []
  for (let at = 0; at <= totalMs * 1.0001; at += step) marks.push(Math.round(at * 1000) / 1000)
  return marks
}

const clamp = (value: number) => Math.min(100, Math.max(0, value))

export function waterfallOf(log: WaterfallLog): Waterfall {
  const begin = Date.parse(log.started_at ?? '')
  // Users see the whole as one lane: what happened inside is the operator's business.
  const inner = Array.isArray(log.attempts) ? log.attempts : null
  const starts = (inner ?? []).map((attempt) => Math.max(0, Date.parse(attempt.started_at ?? '') - begin || 0))
  const lengths = (inner ?? []).map((attempt) => attempt.end_ms ?? attempt.duration_ms)
  const totalMs = Math.max(log.latency_ms, ...starts.map((start, i) => start + lengths[i]!), 1)
  const percent = (ms: number) => clamp((ms / totalMs) * 100)
  const part = (kind: Segment['kind'], fromMs: number, toMs: number): Segment => {
    const widthPercent = Math.max(WIDTH_PERCENT_MIN, percent(toMs) - percent(fromMs))
    return { kind, startPercent: Math.min(percent(fromMs), 100 - widthPercent), widthPercent }
  }
  const answered = (fromMs: number, toMs: number): Segment[] => {
    const first = log.first_token_ms
    if (first === null || first <= fromMs || first >= toMs) return [part('wait', fromMs, toMs)]
    return [part('wait', fromMs, first), part('stream', first, toMs)]
  }
  const lanes = (inner ?? []).map((attempt, i): Lane => {
    const [startMs, endMs] = [starts[i]!, starts[i]! + lengths[i]!]
    const failed = attempt.error_class !== '' || attempt.status >= 400
    const upMs = Math.min(endMs, startMs + (attempt.connect_ms ?? 0))
    const connect = upMs > startMs ? [part('connect', startMs, upMs)] : []
    const rest = failed ? [part('failed', upMs, endMs)] : answered(upMs, endMs)
    return {
      number: i + 1,
      status: attempt.status,
      errorClass: attempt.error_class,
      accountId: attempt.account_id,
      action: attempt.action ?? '',
      cooldownUntil: attempt.cooldown_until ?? null,
      startMs,
      durationMs: lengths[i]!,
      segments: [...connect, ...rest],
    }
  })
  const one: Lane = { number: 1, status: 0, errorClass: '', accountId: 0, action: '', cooldownUntil: null, startMs: 0, durationMs: log.latency_ms, segments: answered(0, log.latency_ms) }
  const whole = inner ? [] : [one]
  return {
    totalMs,
    lanes: [...lanes, ...whole],
    firstTokenPercent: log.first_token_ms === null ? null : percent(log.first_token_ms),
    marksMs: marksOf(totalMs),
  }
}

// Visible tokens a second once they come; null where that cannot be said.
export function tokensPerSecond(log: { output_tokens: number; latency_ms: number; first_token_ms: number | null; stream: boolean }): number | null {
  const streamed = log.latency_ms - (log.first_token_ms ?? log.latency_ms)
  return log.stream && streamed >= 100 && log.output_tokens > 0 ? (log.output_tokens * 1000) / streamed : null
}
