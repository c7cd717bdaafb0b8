import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import * as logs from '@/api/logs'
import FirstRequest from '@/components/FirstRequest.vue'
import { shown } from '@/testing/shown'
import { LOG_FILTERS, type LogState } from './logFilters'
import LogsEmpty from './LogsEmpty.vue'

vi.mock('@/composables/useFirstRequest', () => ({ useFirstRequest: () => 'curl …' }))
const plain = Object.fromEntries(Object.entries(LOG_FILTERS).map(([name, codec]) => [name, codec.read(undefined)])) as unknown as LogState
let part: VueWrapper
afterEach(() => part.unmount())

async function shows(change: Partial<LogState>, ever: number) {
  const ask = vi.spyOn(logs, 'listLogs').mockResolvedValue({ data: Array(ever).fill({}), total: ever, page: 1, limit: 1, next_cursor: null })
  part = await shown(LogsEmpty, { state: { ...plain, ...change }, goesOn: false })
  return [part.findComponent(FirstRequest).exists(), ask.mock.calls.length]
}

it('shows how to send a first request where there never was one', async () => expect(await shows({}, 0)).toEqual([true, 1]))
it('does not where there were some before this range', async () => expect(await shows({ range: '1h' }, 1)).toEqual([false, 1]))
it('asks nothing while a filter is set', async () => expect(await shows({ model: ['a'] }, 0)).toEqual([false, 0]))
