import { describe, expect, it } from 'vitest'
import { marksOf, tokensPerSecond, waterfallOf, type WaterfallAttempt } from './waterfall'

const at = (ms: number) => new Date(Date.parse('2026-11-22T12:00:00Z') + ms).toISOString()
const attempt = (startMs: number, durationMs: number, errorClass = ''): WaterfallAttempt => ({
  account_id: 1,
  status: errorClass ? 529 : 200,
  error_class: errorClass,
  started_at: at(startMs),
  duration_ms: durationMs,
})
const log = (attempts: WaterfallAttempt[] | number, latency_ms = 1000, first_token_ms: number | null = 600) => ({ started_at: at(0), latency_ms, first_token_ms, attempts })

describe('waterfallOf', () => {
  it('lays failed attempts before the one that answered: wait, then stream', () => {
    const { lanes, firstTokenPercent, totalMs } = waterfallOf(log([attempt(0, 200, 'upstream_overloaded'), attempt(200, 800)]))
    expect(totalMs).toBe(1000)
    expect(firstTokenPercent).toBe(60)
    expect(lanes.map((lane) => lane.segments)).toEqual([
      [{ kind: 'failed', startPercent: 0, widthPercent: 20 }],
      [{ kind: 'wait', startPercent: 20, widthPercent: 40 }, { kind: 'stream', startPercent: 60, widthPercent: 40 }],
    ])
  })

  it('without a first token all of it is waiting', () => {
    expect(waterfallOf(log([attempt(0, 1000)], 1000, null)).lanes[0]!.segments).toEqual([{ kind: 'wait', startPercent: 0, widthPercent: 100 }])
  })

  it('tells connecting apart, of attempts that failed too, and ends where the attempt did', () => {
    const [failed, answered] = [{ ...attempt(0, 150, 'upstream_overloaded'), connect_ms: 50, end_ms: 200 }, { ...attempt(200, 700), connect_ms: 100, end_ms: 800 }]
    expect(waterfallOf(log([failed, answered])).lanes.map((lane) => lane.segments.map((one) => [one.kind, one.startPercent, one.widthPercent]))).toEqual([
      [['connect', 0, 5], ['failed', 5, 15]],
      [['connect', 20, 10], ['wait', 30, 30], ['stream', 60, 40]],
    ])
  })

  it('shows no connecting where a connection was kept, none came about, or it is not told', () => {
    for (const connect_ms of [0, null, undefined]) {
      expect(waterfallOf(log([{ ...attempt(0, 1000), connect_ms }])).lanes[0]!.segments[0]!.kind).toBe('wait')
    }
  })

  it('is one lane for who may not see inside', () => {
    const { lanes } = waterfallOf(log(3))
    expect(lanes).toHaveLength(1)
    expect(lanes[0]!.segments.map(({ kind }) => kind)).toEqual(['wait', 'stream'])
  })

  it('what took no time is seen, and stays inside', () => {
    const { lanes } = waterfallOf(log([attempt(0, 0, 'upstream_connect'), attempt(1000, 0)], 1000, null))
    for (const { segments } of lanes) {
      for (const { startPercent, widthPercent } of segments) {
        expect(widthPercent).toBeGreaterThan(0)
        expect(startPercent + widthPercent).toBeLessThanOrEqual(100)
      }
    }
  })

  it('a request of no length, refused at once, has no lanes and divides by nothing', () => {
    expect(waterfallOf(log([], 0, null))).toEqual({ totalMs: 1, lanes: [], firstTokenPercent: null, marksMs: [0, 0.2, 0.4, 0.6, 0.8, 1] })
  })

  it('an attempt without a time, or one that outlasts the request, breaks nothing', () => {
    expect(waterfallOf(log([{ ...attempt(0, 500), started_at: null }])).lanes[0]!.startMs).toBe(0)
    expect(waterfallOf(log([attempt(0, 5000)])).totalMs).toBe(5000)
  })
})

it.each([
  [0, [0]],
  [1, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  [8410, [0, 2000, 4000, 6000, 8000]],
  [60_000, [0, 20_000, 40_000, 60_000]],
])('marks of %i ms', (total, marks) => expect(marksOf(total)).toEqual(marks))

it.each([
  [{ output_tokens: 620, latency_ms: 11_520, first_token_ms: 1_520, stream: true }, 62],
  [{ output_tokens: 620, latency_ms: 1_560, first_token_ms: 1_520, stream: true }, null],
  [{ output_tokens: 620, latency_ms: 11_520, first_token_ms: null, stream: true }, null],
  [{ output_tokens: 620, latency_ms: 11_520, first_token_ms: 1_520, stream: false }, null],
])('%j: %s tokens a second', (given, rate) => expect(tokensPerSecond(given)).toBe(rate))
