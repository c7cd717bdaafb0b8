import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it } from 'vitest'
import { shown } from '@/testing/shown'
import DashboardTiles from './DashboardTiles.vue'

const figures = (requests: number, errors: number) => ({
  requests, errors, input_tokens: 0, output_tokens: 0, cache_read_tokens: 0, cache_write_5m_tokens: 0, cache_write_1h_tokens: 0, cost_usd: '0', cost_nano_usd: 0,
})
const speed = { first_token: { measured: 9, p50_ms: 420, p95_ms: 900, p99_ms: 990 }, exact: true, since: null }
let part: VueWrapper
afterEach(() => part.unmount())

async function tiles(props: object) {
  part = await shown(DashboardTiles, { summary: { totals: figures(40, 4), previous: null }, stats: null, speed, series: null, inFlight: undefined, ...props })
  return part.findAll('.tile')
}
const heights = (line: string) => line.split(' ').map((point) => Number(point.split(',')[1]))

it('says how fast first tokens were, and where it is not sure since when', async () => {
  expect((await tiles({})).at(-1)!.text()).toBe('First token, median420 msp95 900 ms')
  part.unmount()
  const unsure = await tiles({ speed: { ...speed, exact: false, since: '2026-02-03T00:00:00Z' } })
  expect(unsure.at(-1)!.text()).toMatch(/≈420 msp95 900 ms · since .*02-0/)
})

it('draws the share of success, not what failed: down where much fails', async () => {
  const series = { data: [figures(10, 0), figures(0, 0), figures(10, 5)] }
  const line = (await tiles({ series }))[1]!.get('polyline').attributes('points')!
  const [good, bad, ...more] = heights(line)
  expect(more).toEqual([])
  expect(bad).toBeGreaterThan(good!) // an SVG's y goes down
})

it('tells administrators what the own cache answered, where it did', async () => {
  expect((await tiles({ stats: { cache_hits: 4, requests: 40 } }))[0]!.text()).toContain("4 from Weir's cache (10 %)")
  part.unmount()
  expect((await tiles({ stats: { cache_hits: 0, requests: 40 } }))[0]!.text()).not.toContain('cache')
})
