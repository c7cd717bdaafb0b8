import { flushPromises, mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { i18n } from '@/locales/i18n'
import type { ChartSpec } from '@/theme/echarts'
import Chart from './Chart.vue'

const setOption = vi.fn()
const dispose = vi.fn()
const init = vi.fn(() => ({ setOption, dispose, resize: vi.fn(), convertFromPixel: (_: unknown, x: number) => x / 10 }))
vi.mock('@/components/chartCore', () => ({ get init() { return init } }))

const HOSTILE = '<img src=x onerror=alert(1)>'
const spec: ChartSpec = {
  kind: 'bars',
  labels: ['09:00', '10:00', '11:00'],
  series: [{ name: HOSTILE, values: [1, null, 3] }, { name: 'b', values: [0, 2, 4] }],
  format: (value) => `${value} x`,
}
async function shown(props: Partial<{ spec: ChartSpec; ranged: boolean }> = {}) {
  const wrapper = mount(Chart, { props: { title: 'Cost', spec, ...props }, global: { plugins: [createPinia(), i18n] }, attachTo: document.body })
  await flushPromises()
  return wrapper
}

describe('Chart', () => {
  beforeEach(() => {
    setOption.mockClear()
    init.mockClear()
  })

  it('draws, and draws again when the figures change', async () => {
    const wrapper = await shown()
    expect(setOption).toHaveBeenCalledTimes(1)
    await wrapper.setProps({ spec: { ...spec, labels: ['a', 'b', 'c'] } })
    expect(setOption.mock.lastCall![0].xAxis.data).toEqual(['a', 'b', 'c'])
    wrapper.unmount()
    expect(dispose).toHaveBeenCalled()
  })

  it('has patterns on paper, bars and legend alike, and none after it', async () => {
    const wrapper = await shown()
    const drawn = () => [!!setOption.mock.lastCall![0].series[1].itemStyle.decal, wrapper.findAll('.swatch')[1]!.attributes('style')?.includes('gradient')]
    expect(drawn()).toEqual([false, false])
    window.dispatchEvent(new Event('beforeprint'))
    await flushPromises()
    expect(drawn()).toEqual([true, true])
    window.dispatchEvent(new Event('afterprint'))
    await flushPromises()
    expect(drawn()).toEqual([false, false])
  })

  it('shows the same as a table', async () => {
    const wrapper = await shown()
    await wrapper.get('button').trigger('click')
    expect(wrapper.findAll('tbody tr').map((row) => row.text())).toEqual(['09:001 x0 x', '10:00–2 x', '11:003 x4 x'])
  })

  it('is the table where ECharts cannot be loaded', async () => {
    init.mockImplementationOnce(() => { throw new Error('offline') })
    expect((await shown()).find('table').exists()).toBe(true)
  })

  it('names in the tooltip are text', async () => {
    await shown()
    const box = setOption.mock.lastCall![0].tooltip.formatter([{ dataIndex: 2 }]) as HTMLElement
    expect(box.querySelector('img')).toBeNull()
    expect(box.textContent).toBe(`11:00total 7 xb4 x${HOSTILE}3 x`)
  })

  it('gives the buckets that are dragged over, in order', async () => {
    const wrapper = await shown({ ranged: true })
    const place = wrapper.get('.place').element
    const at = (type: string, clientX: number) => place.dispatchEvent(Object.assign(new Event(type), { clientX }))
    at('pointerdown', 24)
    at('pointermove', 2)
    at('pointerup', 2)
    expect(wrapper.emitted('range')).toEqual([[0, 2]])
  })
})
