// How long answers took, as charts: percentiles over time, and how all of them are spread.
import type { UsageLatency } from '@/api/usage'
import type { ChartSpec } from '@/theme/echarts'
import { formatCount, formatDurationMs } from './numbers'
import type { Bucket } from './reportRange'
import { labelsOf, stillRuns } from './usage'

export const LATENCIES = ['latency', 'first_token'] as const
export type LatencyOf = (typeof LATENCIES)[number]

const PERCENTILES = ['p50', 'p95', 'p99'] as const

// Where nothing was measured there is a gap, never 0.
export function percentileChart(report: Pick<UsageLatency, 'data'>, of: LatencyOf, bucket: Bucket, now = new Date()): ChartSpec {
  return {
    kind: 'lines',
    labels: labelsOf(report.data, bucket),
    series: PERCENTILES.map((name) => ({ name, values: report.data.map((one) => one[of][`${name}_ms`]) })),
    format: formatDurationMs,
    whole: true, // of a millisecond no part is told
    unfinished: stillRuns(report.data, now),
  }
}

const SECOND_MS = 1000

// "150–200 ms", "0.7–1 s", "≥ 1000 s".
export function barLabel(fromMs: number, belowMs: number | null): string {
  const seconds = (ms: number) => String(ms / SECOND_MS)
  if (belowMs === null) return `≥ ${seconds(fromMs)} s`
  return belowMs < SECOND_MS ? `${fromMs}–${belowMs} ms` : `${seconds(fromMs)}–${seconds(belowMs)} s`
}

// The bars of one of both, without the empty ones at its ends, which the other has.
export function spreadChart(report: Pick<UsageLatency, 'histogram'>, of: LatencyOf, name: string): ChartSpec {
  const counted = report.histogram.map((bar) => ({ ...bar, count: of === 'latency' ? bar.answers : bar.first_tokens }))
  const there = counted.map(({ count }) => count > 0)
  const bars = there.includes(true) ? counted.slice(there.indexOf(true), there.lastIndexOf(true) + 1) : []
  return {
    kind: 'bars',
    labels: bars.map(({ from_ms, below_ms }) => barLabel(from_ms, below_ms)),
    series: [{ name, values: bars.map(({ count }) => count) }],
    format: formatCount,
    whole: true,
  }
}
