import { describe, expect, it } from 'vitest'
import { chartOption, colourOf, tipLines, type ChartSpec } from './echarts'
import { light } from './tokens'

const spec = (change: Partial<ChartSpec> = {}): ChartSpec => ({
  kind: 'bars',
  labels: ['09:00', '10:00'],
  series: [
    { name: 'opus', values: [1, 2] },
    { name: '<b>sonnet</b>', values: [3, 0] },
    { name: 'other', values: [null, 5], tone: 'other' },
  ],
  format: (value) => `$${value}`,
  ...change,
})

interface Drawn {
  series: { type: string; color: string; data: unknown[]; lineStyle?: { type: unknown } }[]
  xAxis: { type: string; axisLabel: { interval?: number } }
  yAxis: { type: string }
  animation: boolean
  aria: { enabled: boolean }
}
const drawn = (change: Partial<ChartSpec> = {}) => chartOption(spec(change), light) as unknown as Drawn

describe('chartOption', () => {
  it('gives a series its own colour, and one of a state or for the rest', () => {
    expect(drawn().series.map(({ color }) => color)).toEqual([light.series[0], light.series[1], light.other])
    expect(colourOf(light, 'bad')).toBe(light.bad.text)
    expect(colourOf(light, 6)).toBe(light.series[0])
  })

  it('hatches the bucket that is not over, and that one only', () => {
    const [first, last] = drawn({ unfinished: true }).series[0]!.data
    expect(first).toBe(1)
    expect(last).toMatchObject({ value: 2, itemStyle: { decal: { symbol: 'rect' } } })
    expect(drawn().series[0]!.data).toEqual([1, 2])
  })

  it('has stripes where colours are not enough: by what a series is, not by its place', () => {
    const decals = (series: ChartSpec['series']) => (chartOption(spec({ series }), light, true) as unknown as { series: { itemStyle: { decal: unknown } }[] }).series.map(({ itemStyle }) => itemStyle.decal)
    const [opus, sonnet, other] = decals(spec().series)
    expect(new Set([opus, sonnet, other].map((decal) => JSON.stringify(decal))).size).toBe(3)
    expect(decals([{ name: 'sonnet', values: [1], tone: 1 }])).toEqual([sonnet])
    const [, last] = (chartOption(spec({ unfinished: true }), light, true) as unknown as Drawn).series[1]!.data
    expect((last as { itemStyle: { decal: unknown } }).itemStyle.decal).not.toEqual(sonnet)
  })

  it('tells lines apart by dash as well, and does not move', () => {
    const { series, animation, aria } = drawn({ kind: 'lines' })
    expect(new Set(series.map((line) => JSON.stringify(line.lineStyle!.type))).size).toBe(3)
    expect(animation).toBe(false)
    expect(aria.enabled).toBe(true)
  })

  it('breaks a line where there is no data', () => {
    expect(drawn({ kind: 'lines', series: [{ name: 'p50', values: [1, 2, null, 3, 4] }] }).series[0]!.data).toEqual([1, 2, null, 3, 4])
  })

  it('shows what stands between two gaps, where there is no line', () => {
    const data = (values: (number | null)[]) => drawn({ kind: 'lines', series: [{ name: 'p50', values }] }).series[0]!.data
    expect(data([null, 5, null, 0])).toEqual([null, { value: 5, symbol: 'circle', symbolSize: 6 }, null, { value: 0, symbol: 'circle', symbolSize: 6 }])
    expect(data([7])).toEqual([{ value: 7, symbol: 'circle', symbolSize: 6 }])
  })

  it('lays a ranking down', () => {
    const { xAxis, yAxis } = drawn({ kind: 'ranking' })
    expect([xAxis.type, yAxis.type]).toEqual(['value', 'category'])
  })

  it.each([[1, 0], [8, 0], [9, 1], [24, 2], [720, 89]])('%i buckets: every %i left out between ticks', (count, interval) => {
    const labels = Array.from({ length: count }, (_, i) => String(i))
    expect(drawn({ labels }).xAxis.axisLabel.interval).toBe(interval)
  })
})

describe('tipLines', () => {
  it('has the biggest first, without nothings, with the sum', () => {
    const { lines, total } = tipLines(spec(), 0, light)
    expect(lines.map(({ name, value }) => [name, value])).toEqual([['<b>sonnet</b>', '$3'], ['opus', '$1']])
    expect(total).toBe('$4')
  })

  it('adds nothing up that is not a part', () => {
    expect(tipLines(spec({ kind: 'lines' }), 1, light)).toMatchObject({ total: '', lines: [{ value: '$5' }, { value: '$2' }, { value: '$0' }] })
  })

  it('is empty beyond the end', () => {
    expect(tipLines(spec(), 9, light).lines).toEqual([])
  })
})
