import { onBeforeUnmount, ref, shallowRef, watch, type Ref, type ShallowRef } from 'vue'
import { chartOption, tipLines, type ChartSpec } from '@/theme/echarts'
import type { Tokens } from '@/theme/tokens'

type Core = typeof import('@/components/chartCore')
type Drawing = ReturnType<Core['init']>

interface Look {
  tokens: Tokens
  patterned: boolean
}

interface Says {
  total: () => string
  range: (first: number, last: number) => void
}

// The tooltip as elements: names in it are other people's text and never become markup.
function tip(spec: ChartSpec, at: number, tokens: Tokens, total: string): HTMLElement {
  const box = document.createElement('div')
  box.style.maxWidth = '320px'
  const line = (name: string, value: string, colour = '') => {
    const row = box.appendChild(document.createElement('div'))
    row.style.cssText = 'display:flex;gap:12px;justify-content:space-between'
    const label = row.appendChild(document.createElement('span'))
    label.style.cssText = 'overflow:hidden;text-overflow:ellipsis'
    label.textContent = name
    if (colour) label.style.borderInlineStart = `8px solid ${colour}`
    if (colour) label.style.paddingInlineStart = '6px'
    row.appendChild(document.createElement('b')).textContent = value
  }
  const shown = tipLines(spec, at, tokens)
  line(spec.labels[at] ?? '', shown.total && `${total} ${shown.total}`)
  for (const { name, value, colour } of shown.lines) line(name, value, colour)
  return box
}

// Draws `spec` into `place` whenever either changes, and follows the place's size. Where ECharts cannot be
// loaded, `failed` says so and the table stands in.
export function useChart(place: Ref<HTMLElement | null>, spec: () => ChartSpec, look: () => Look, says: Says) {
  const tokens = () => look().tokens
  const failed = ref(false)
  const drag: ShallowRef<{ left: number; width: number } | null> = shallowRef(null)
  let drawing: Drawing | null = null
  let start: number | null = null

  function draw() {
    const option = chartOption(spec(), tokens(), look().patterned) as { tooltip: object }
    const formatter = (params: { dataIndex: number }[]) => tip(spec(), params[0]?.dataIndex ?? 0, tokens(), says.total())
    drawing?.setOption({ ...option, tooltip: { ...option.tooltip, formatter } }, { notMerge: true })
  }

  const bucketAt = (x: number) => {
    const [at] = [drawing?.convertFromPixel({ xAxisIndex: 0 }, x)].flat()
    return Math.min(Math.max(Math.round(Number(at ?? 0)), 0), spec().labels.length - 1)
  }
  const xOf = (event: PointerEvent) => event.clientX - (event.currentTarget as HTMLElement).getBoundingClientRect().left
  const down = (event: PointerEvent) => (start = xOf(event))
  const move = (event: PointerEvent) => {
    if (start === null) return
    const width = Math.abs(xOf(event) - start)
    if (width > 4) drag.value = { left: Math.min(start, xOf(event)), width }
  }
  const up = (event: PointerEvent) => {
    if (start !== null && spec().labels.length > 0) {
      const ends = [bucketAt(start), bucketAt(xOf(event))].sort((a, b) => a - b)
      says.range(ends[0]!, ends[1]!)
    }
    start = drag.value = null
  }

  async function begin(element: HTMLElement) {
    try {
      const { init } = await import('@/components/chartCore')
      if (place.value !== element) return
      drawing = init(element, null, { renderer: 'svg' })
      draw()
    } catch {
      failed.value = true
    }
  }

  const size = new ResizeObserver(() => drawing?.resize())
  function end() {
    size.disconnect()
    drawing?.dispose()
    drawing = null
  }
  watch(place, (element) => {
    end()
    if (!element) return
    size.observe(element)
    element.addEventListener('pointerdown', down)
    element.addEventListener('pointermove', move)
    element.addEventListener('pointerup', up)
    element.addEventListener('pointerleave', () => (start = drag.value = null))
    void begin(element)
  }, { flush: 'post', immediate: true })
  watch([spec, look], draw)
  onBeforeUnmount(end)
  return { failed, drag }
}
