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
