import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as usage from '@/api/usage'
import { asking, press, shown } from '@/testing/shown'
import RouteStop from './RouteStop.vue'

let dialog: VueWrapper
afterEach(() => dialog.unmount())

const ROUTE = { id: 7, name: '', model: 'claude-*', group_ids: [2] }
const rows = (...models: [string, number][]) => ({ data: models.map(([model, requests]) => ({ model, requests })), truncated: false }) as never

it('says how many requests asked for what the route is about', async () => {
  const ask = vi.spyOn(usage, 'usageSummary').mockResolvedValue(rows(['claude-opus-4-5', 1200], ['claude-haiku-4-5', 34], ['gpt-4o', 9]))
  dialog = await shown(RouteStop, { route: ROUTE, act: 'disable' })
  expect(ask.mock.calls[0]![0]).toMatchObject({ by: ['model'], group_id: [2] })
  expect(asking()!.textContent).toContain('1,234 requests of the last 24 hours')
  await press('Disable route')
  expect(dialog.emitted('confirm')?.length).toBe(1)
})

it('says that nobody knows, rather than nothing', async () => {
  vi.spyOn(usage, 'usageSummary').mockRejectedValue(new ApiError(503, 'unavailable', 'away'))
  dialog = await shown(RouteStop, { route: ROUTE, act: 'remove' })
  expect(asking()!.textContent).toContain('could not be found out')
})

it('cannot be confirmed while that is being counted', async () => {
  vi.spyOn(usage, 'usageSummary').mockReturnValue(new Promise(() => undefined))
  dialog = await shown(RouteStop, { route: ROUTE, act: 'remove' })
  await press('Delete route')
  expect([asking()!.textContent?.includes('Counting'), dialog.emitted('confirm')]).toEqual([true, undefined])
})
