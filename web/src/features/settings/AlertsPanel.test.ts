import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import * as alerts from '@/api/alerts'
import { ApiError } from '@/api/errors'
import { shown } from '@/testing/shown'
import AlertsPanel from './AlertsPanel.vue'

let panel: VueWrapper
beforeEach(() => void vi.spyOn(alerts, 'listAlerts').mockResolvedValue({ data: [], total: 0, page: 1, limit: 20 } as never))
afterEach(() => panel.unmount())

async function title(watched = true) {
  panel = await shown(AlertsPanel, { watched })
  return panel.get('h2').text()
}

it('gives no all-clear where it could not be asked, or nothing is watched', async () => {
  vi.spyOn(alerts, 'wrongNow').mockRejectedValueOnce(new ApiError(503, 'service_away', 'away')).mockResolvedValue({ data: [] } as never)
  expect(await title()).toBe('What is wrong is not known')
  panel.unmount()
  expect(await title(false)).toBe('Nothing is watched')
  panel.unmount()
  expect(await title()).toBe('Nothing is wrong')
})

it('lists its messages by the page of the address, as many as are chosen, and says where a count ended early', async () => {
  vi.spyOn(alerts, 'wrongNow').mockResolvedValue({ data: [] } as never)
  const ALERT = { id: 1, created_at: '2026-11-22T12:00:00Z', delivery: 'delivered', state: 'raised', text: 'x', event: 'test' }
  const list = vi.spyOn(alerts, 'listAlerts').mockResolvedValue({ data: [ALERT], total: 2_000, total_at_least: true, page: 2, limit: 20 } as never)
  panel = await shown(AlertsPanel, { watched: true }, '/settings/alerts?page=2')
  expect([list.mock.lastCall![0], panel.get('details').attributes('open'), panel.get('summary').text()]).toEqual([{ page: 2, limit: 20 }, '', '2,000+ messages to the webhook'])
  await panel.get('select').setValue('50')
  await vi.waitUntil(() => list.mock.lastCall![0].limit === 50)
})
