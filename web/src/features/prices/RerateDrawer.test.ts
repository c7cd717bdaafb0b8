import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import * as api from '@/api/rerate'
import { asking, asksFirst, press, shown, type } from '@/testing/shown'
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

describe('what is typed', () => {
  beforeEach(async () => {
    vi.spyOn(api, 'listRerates').mockResolvedValue({ data: [] } as never)
    drawer = await shown(RerateDrawer, { run: 0 })
  })

  it('is asked about before it is lost', async () => {
    await type('Only these models', 'claude-opus-4-5')
    expect(asksFirst(drawer)).toBe(true)
  })

  it('is none where nothing is, or what was is no more', async () => {
    await type('Only these models', 'claude')
    await type('Only these models', '')
    expect(asksFirst(drawer)).toBe(false)
  })

  it('is none once it was worked out, until it is changed', async () => {
    vi.spyOn(api, 'startRerate').mockResolvedValue({ ...RUN, id: 9, dry_run: true } as never)
    await type('Only these models', 'claude')
    await press('Work out the difference')
    expect(asksFirst(drawer)).toBe(false)
    await type('Only these models', 'claude-opus-4-5')
    expect(asksFirst(drawer)).toBe(true)
  })
})
