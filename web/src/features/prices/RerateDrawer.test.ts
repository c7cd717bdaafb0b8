import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import * as api from '@/api/rerate'
import { asking, press, shown } from '@/testing/shown'
import RerateDrawer from './RerateDrawer.vue'

const RUN = {
  id: 7, state: 'running', dry_run: false, percent: 40, requests: 100, corrected: 12, unpriced: 0, unknown_provider: 0,
  before_usd: '1', after_usd: '2', difference_usd: '1', error: '', from: null, to: null, created_at: null, models: [],
}
let drawer: VueWrapper
afterEach(() => drawer.unmount())

async function stopped(dry_run: boolean) {
  vi.spyOn(api, 'listRerates').mockResolvedValue({ data: [] } as never)
  vi.spyOn(api, 'getRerate').mockResolvedValue({ ...RUN, dry_run } as never)
  const end = vi.spyOn(api, 'endRerate').mockResolvedValue(undefined as never)
  drawer = await shown(RerateDrawer, { run: 7 })
  await press('Stop it')
  return end
}

it('asks before a run that writes is stopped half way, with how far it is', async () => {
  const end = await stopped(false)
  expect(asking()!.textContent).toContain('40 % are done: 12 requests have their new cost')
  expect(end).not.toHaveBeenCalled()
  await press('Stop it')
  expect(end.mock.calls).toEqual([[7]])
})

it('stops one that writes nothing at once', async () => {
  expect((await stopped(true)).mock.calls).toEqual([[7]])
})
