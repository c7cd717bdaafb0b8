import { describe, expect, it } from 'vitest'
import { barLabel, percentileChart, spreadChart } from './latency'

const none = { measured: 0, p50_ms: null, p95_ms: null, p99_ms: null }
const some = { measured: 4, p50_ms: 120, p95_ms: 900, p99_ms: 0 }
const data = [
  { start: '2026-05-03T09:00:00Z', end: '2026-05-03T10:00:00Z', label: '2026-05-03T09:00', latency: some, first_token: none },
  { start: '2026-05-03T10:00:00Z', end: '2026-05-03T11:00:00Z', label: '2026-05-03T10:00', latency: none, first_token: none },
]

describe('percentiles over time', () => {
  it('are lines with gaps where nothing was measured', () => {
    const chart = percentileChart({ data }, 'latency', 'hour', new Date('2026-05-03T12:00:00Z'))
    expect(chart.kind).toBe('lines')
    expect(chart.labels).toEqual(['09:00', '10:00'])
    expect(chart.series).toEqual([
      { name: 'p50', values: [120, null] },
      { name: 'p95', values: [900, null] },
      { name: 'p99', values: [0, null] },
    ])
    expect(chart.format(1520)).toBe('1.52 s')
    expect(chart.unfinished).toBe(false)
  })
  it('of first tokens are theirs', () => expect(percentileChart({ data }, 'first_token', 'hour').series[0]!.values).toEqual([null, null]))
})

it.each([
  [0, 10, '0–10 ms'],
  [150, 200, '150–200 ms'],
  [700, 1000, '0.7–1 s'],
  [1500, 2000, '1.5–2 s'],
  [1_000_000, null, '≥ 1000 s'],
])('%i to %j: %s', (from, below, label) => expect(barLabel(from, below)).toBe(label))

describe('how they are spread', () => {
  const histogram = [
    { from_ms: 100, below_ms: 150, answers: 0, first_tokens: 2 },
    { from_ms: 150, below_ms: 200, answers: 3, first_tokens: 0 },
    { from_ms: 200, below_ms: 300, answers: 0, first_tokens: 1 },
    { from_ms: 300, below_ms: 500, answers: 1, first_tokens: 0 },
  ]
  const chart = (of: 'latency' | 'first_token') => spreadChart({ histogram }, of, 'Answers')
  it('has the bars of one, with the empty ones between them', () => {
    expect(chart('latency').labels).toEqual(['150–200 ms', '200–300 ms', '300–500 ms'])
    expect(chart('latency').series).toEqual([{ name: 'Answers', values: [3, 0, 1] }])
    expect(chart('first_token').series[0]!.values).toEqual([2, 0, 1])
  })
  it('of nothing has none', () => expect(spreadChart({ histogram: [] }, 'latency', 'Answers').labels).toEqual([]))
})
