import type { EChartsCoreOption } from 'echarts/core'
import { dashOf, decalOf } from './patterns'
import type { Tokens } from './tokens'

// Charts from the same tokens as all else: which colour a series has, and what an ECharts option is made of.
// Nothing of ECharts itself is imported here, so that pages may compute without loading it.

export type Tone = number | 'other' | 'good' | 'warn' | 'bad' | 'off'

export interface Series {
  name: string
  values: (number | null)[]
  tone?: Tone // a number is a place in the row of colours; the series' own place otherwise
}

export interface ChartSpec {
  kind: 'bars' | 'lines' | 'ranking' // stacked over time, lines over time, sorted and lying
  labels: string[]
  series: Series[]
  format: (value: number) => string
  named?: boolean // a legend for one series too, so that a second one moves nothing
  whole?: boolean // counts: no half of one on the axis
  unfinished?: boolean // the last bucket is not over yet: hatched
}

const TICKS_MAX = 8

export function colourOf(tokens: Tokens, tone: Tone): string {
  if (typeof tone === 'number') return tokens.series[tone % tokens.series.length]!
  return tone === 'other' ? tokens.other : tokens[tone].text
}

const hatch = (tokens: Tokens) => ({
  symbol: 'rect',
  color: tokens.card,
  dashArrayX: [1, 0],
  dashArrayY: [3, 4],
  rotation: Math.PI / 4, // falling: no series does (patterns.ts)
})

// A line needs two points: one between two gaps, which no line would show, is a dot.
function dots(values: (number | null)[]) {
  const known = (at: number) => values[at] !== null && values[at] !== undefined
  return values.map((value, at) => (known(at) && !known(at - 1) && !known(at + 1) ? { value, symbol: 'circle', symbolSize: 6 } : value))
}

function seriesOption(spec: ChartSpec, series: Series, place: number, tokens: Tokens, patterned: boolean) {
  const tone = series.tone ?? place
  const colour = colourOf(tokens, tone)
  const common = { name: series.name, color: colour, animation: false, silent: false }
  if (spec.kind === 'lines') {
    return {
      ...common,
      type: 'line',
      data: dots(series.values),
      symbol: 'none',
      showSymbol: true,
      showAllSymbol: true,
      lineStyle: { width: 2, type: dashOf(place) },
      emphasis: { disabled: true },
    }
  }
  const last = spec.unfinished ? series.values.length - 1 : -1
  const data = series.values.map((value, i) => (i === last ? { value, itemStyle: { decal: hatch(tokens) } } : value))
  // A pattern belongs to what is shown, as its colour does: ECharts' own (`aria.decal`) go by the order of the series.
  const itemStyle = patterned ? { decal: decalOf(tone, tokens.card) } : {}
  return { ...common, itemStyle, type: 'bar', stack: 'all', barMaxWidth: spec.kind === 'ranking' ? 18 : 48, barCategoryGap: '20%', data, emphasis: { disabled: true } }
}

const text = (colour: string) => ({ color: colour, fontSize: 12, fontFamily: 'inherit' })

function labelAxis(spec: ChartSpec, tokens: Tokens) {
  const lying = spec.kind === 'ranking'
  return {
    type: 'category',
    data: spec.labels,
    inverse: lying,
    boundaryGap: spec.kind !== 'lines',
    axisTick: { show: false },
    axisLine: { lineStyle: { color: tokens.line } },
    axisLabel: {
      ...text(tokens.text2),
      hideOverlap: true,
      textMargin: [0, 6], // between two of them: less counts as overlap
      interval: lying ? 0 : Math.ceil(spec.labels.length / TICKS_MAX) - 1,
      ...(lying ? { width: 140, overflow: 'truncate' } : {}),
    },
  }
}

const valueAxis = (spec: ChartSpec, tokens: Tokens) => ({
  type: 'value',
  min: 0,
  splitNumber: 4,
  ...(spec.whole ? { minInterval: 1 } : {}),
  splitLine: { lineStyle: { color: tokens.line } },
  axisLabel: { ...text(tokens.text3), formatter: spec.format },
})

// All of it but the tooltip's content, which Chart.vue makes of elements: names are other people's text. `patterned`:
// bars have stripes as well as colours.
export function chartOption(spec: ChartSpec, tokens: Tokens, patterned = false): EChartsCoreOption {
  const [labels, values] = [labelAxis(spec, tokens), valueAxis(spec, tokens)]
  const lying = spec.kind === 'ranking'
  return {
    animation: false,
    aria: { enabled: true },
    grid: { left: 4, right: 12, top: 10, bottom: 4, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
    xAxis: lying ? values : labels,
    yAxis: lying ? labels : values,
    series: spec.series.map((series, place) => seriesOption(spec, series, place, tokens, patterned)),
    tooltip: {
      trigger: 'axis',
      confine: true,
      transitionDuration: 0,
      backgroundColor: tokens.card,
      borderColor: tokens.control,
      textStyle: text(tokens.text1),
      axisPointer: { type: spec.kind === 'lines' ? 'line' : 'shadow', animation: false },
    },
  }
}

export interface TipLine {
  name: string
  value: string
  colour: string
}

// What stands beside the pointer: the biggest first, what is nothing left out, the sum of what is stacked.
export function tipLines(spec: ChartSpec, at: number, tokens: Tokens): { lines: TipLine[]; total: string } {
  const there = spec.series
    .map((series, place) => ({ name: series.name, value: series.values[at] ?? null, colour: colourOf(tokens, series.tone ?? place) }))
    .filter((line): line is typeof line & { value: number } => line.value !== null && (line.value !== 0 || spec.kind === 'lines'))
    .sort((a, b) => b.value - a.value)
  const total = there.reduce((sum, { value }) => sum + value, 0)
  return {
    lines: there.map(({ name, value, colour }) => ({ name, colour, value: spec.format(value) })),
    total: spec.kind === 'lines' || spec.series.length < 2 ? '' : spec.format(total),
  }
}
