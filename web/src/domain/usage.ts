// What usage reports are made of: by what they group, what they measure, and both as a chart.
import type { ChartSpec } from '@/theme/echarts'
import type { UsageErrors, UsageFigures, UsageRow, UsageSeries } from '@/api/usage'
import { formatCount, formatPercent } from './numbers'
import { formatUsd } from './money'
import { bucketLabel, type Bucket } from './reportRange'

export const BYS = ['model', 'key', 'user', 'group', 'account'] as const
export type By = (typeof BYS)[number]
// Who is no administrator knows no accounts, and only their own user.
export const bysFor = (admin: boolean) => BYS.filter((by) => admin || by === 'model' || by === 'key' || by === 'group')
export const MEASURES = ['cost', 'requests', 'tokens', 'errors'] as const
export type Measure = (typeof MEASURES)[number]
// What the report's chart may show: sums, or how long answers took.
export const VIEWS = [...MEASURES, 'latency'] as const

// What a row of a report is called where it is a filter.
export const FILTER_OF: Record<By, 'model' | 'key_id' | 'user_id' | 'group_id' | 'account_id'> = {
  model: 'model',
  key: 'key_id',
  user: 'user_id',
  group: 'group_id',
  account: 'account_id',
}

type Named = Pick<UsageRow, 'model' | 'key_id' | 'key_name' | 'user_id' | 'username' | 'group_id' | 'group_name' | 'account_id' | 'account_name'>

export function idOf(row: Named, by: By): string {
  return String(row[FILTER_OF[by]] ?? '')
}

// Of what is nobody's ("–") there is no list of its own to lead to.
export const hasOwn = (row: Named, by: By): boolean => !['', '0'].includes(idOf(row, by))

// Under this one name sums have what was asked for and nobody serves.
export const UNKNOWN_MODEL = '(unknown)'

// A thing that is gone keeps its number; requests that nobody served have no account: "–".
export function nameOf(row: Named, by: By, unknown = UNKNOWN_MODEL): string {
  if (by === 'model') return row.model === UNKNOWN_MODEL ? unknown : row.model || '–'
  const name = { key: row.key_name, user: row.username, group: row.group_name, account: row.account_name }[by]
  const id = idOf(row, by)
  return name || (hasOwn(row, by) ? `#${id}` : '–')
}

export type Tokens = Pick<UsageFigures, 'input_tokens' | 'output_tokens' | 'cache_read_tokens' | 'cache_write_5m_tokens' | 'cache_write_1h_tokens'>

// All kinds together, as the report's own sort by tokens has them.
export const tokensOf = (f: Tokens) =>
  f.input_tokens + f.output_tokens + f.cache_read_tokens + f.cache_write_5m_tokens + f.cache_write_1h_tokens

export const inputOf = (f: Tokens) => tokensOf(f) - f.output_tokens

// For drawing; figures in words come from the server's own texts.
export function measured(f: UsageFigures, measure: Measure): number {
  if (measure === 'cost') return f.cost_nano_usd / 1e9
  return measure === 'tokens' ? tokensOf(f) : f[measure]
}

export const formatMeasure = (measure: Measure) => (value: number) => (measure === 'cost' ? formatUsd(value.toFixed(9)) : formatCount(value))

// The last bucket still runs.
export const stillRuns = (data: { end?: string | null }[], now: Date): boolean => {
  const end = data.at(-1)?.end
  return !!end && Date.parse(end) > now.getTime()
}

export function labelsOf(data: { label: string }[], bucket: Bucket): string[] {
  const manyDays = new Set(data.map(({ label }) => label.slice(0, 10))).size > 2
  return data.map(({ label }) => bucketLabel(label, bucket, manyDays))
}

// By groups with what is left as "other", or one series of all.
export function usageChart(report: UsageSeries, bucket: Bucket, by: By | null, measure: Measure, words: { all: string; other: string; unknown?: string }, now = new Date()): ChartSpec {
  const values = (data: UsageFigures[]) => data.map((figures) => measured(figures, measure))
  const groups = (by && report.series) || []
  const rest = by && report.rest && values(report.rest.data).some((value) => value > 0) ? report.rest : null
  return {
    kind: 'bars',
    labels: labelsOf(report.data, bucket),
    series: by
      ? [
          ...groups.map((group) => ({ name: nameOf(group, by, words.unknown), values: values(group.data) })),
          ...(rest ? [{ name: words.other, values: values(rest.data), tone: 'other' as const }] : []),
        ]
      : [{ name: words.all, values: values(report.data), ...(measure === 'errors' ? { tone: 'bad' as const } : {}) }],
    format: formatMeasure(measure),
    whole: measure !== 'cost',
    unfinished: stillRuns(report.data, now),
  }
}

// What failed, by class, with what no class has. Where nothing can be told apart: one series of all.
export function errorsChart(report: UsageErrors, bucket: Bucket, words: { all: string; other: string; of: (errorClass: string) => string }, now = new Date()): ChartSpec {
  const classes = report.classes.map(({ error_class, data }) => ({ name: words.of(error_class), values: data }))
  const rest = report.rest.errors > 0 ? [{ name: words.other, values: report.rest.data, tone: 'other' as const }] : []
  const all = { name: words.all, values: report.data.map(({ errors }) => errors), tone: 'bad' as const }
  return {
    kind: 'bars',
    labels: labelsOf(report.data, bucket),
    series: classes.length > 0 ? [...classes, ...rest] : [all],
    named: true,
    format: formatCount,
    whole: true,
    unfinished: stillRuns(report.data, now),
  }
}

// "+8 %", "−3 %", "" where there was nothing to compare with. A whole number: it is a hint, not a figure.
export function changeOf(now: number, before: number | null | undefined): string {
  if (!before || !Number.isFinite(now)) return ''
  const percent = Math.round(((now - before) / before) * 100)
  if (percent === 0) return '±0 %'
  const size = Math.abs(percent) > 999 ? '>999' : String(Math.abs(percent))
  return `${percent > 0 ? '+' : '−'}${size} %`
}

// "+0.3", "−0.2", in points of percent, between the shares as they are shown; "" where there was nothing to compare with.
export function successChange(now: UsageFigures, before: UsageFigures | null | undefined): string {
  if (!before || before.requests === 0 || now.requests === 0) return ''
  const tenths = (f: UsageFigures) => Math.floor(((f.requests - f.errors) / f.requests) * 1000 + 1e-9)
  const change = tenths(now) - tenths(before)
  const sign = change === 0 ? '±' : change > 0 ? '+' : '−'
  return `${sign}${Math.abs(change) / 10}`
}

export function successShare(f: UsageFigures): string {
  return f.requests > 0 ? formatPercent(((f.requests - f.errors) / f.requests) * 100) : '–'
}

// Of what was read: how much came from the providers' caches.
export function cacheShare(f: UsageFigures): string {
  const input = inputOf(f)
  return input > 0 ? formatPercent((f.cache_read_tokens / input) * 100) : '–'
}
