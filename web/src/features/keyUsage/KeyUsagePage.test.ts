import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import * as api from '@/api/keyUsage'
import { press, shown } from '@/testing/shown'
import KeyUsagePage from './KeyUsagePage.vue'

let page: VueWrapper
afterEach(() => page.unmount())

const figures = { requests: 3, errors: 0, input_tokens: 1, output_tokens: 1, cache_read_tokens: 0, cache_write_5m_tokens: 0, cache_write_1h_tokens: 0, cost_usd: '1' }
const key = { name: 'nightly', key_hint: 'wr-…1', status: 'active', expires_at: null, allowed_models: [], limits: {}, last_used_at: null }

it('sums models up over fewer days by a question of its own, and leaves the rest as it is', async () => {
  sessionStorage.setItem('weir.keyUsage', 'wr-secret')
  const ask = vi.spyOn(api, 'keyUsage').mockImplementation((_key, _zone, days) =>
    Promise.resolve({ key, windows: [], time_zone: 'UTC', days: [], last_requests: [], models: [{ model: `of ${days} days`, ...figures }] } as never),
  )
  page = await shown(KeyUsagePage)
  expect(page.text()).toContain('of 30 days')
  await press('7 days')
  await flushPromises()
  expect(page.text()).toContain('of 7 days')
  expect(ask.mock.calls.map(([, , days]) => days)).toEqual([30, 7])
  await press('30 days')
  expect(page.text()).toContain('of 30 days')
  expect(ask).toHaveBeenCalledTimes(2)
})
