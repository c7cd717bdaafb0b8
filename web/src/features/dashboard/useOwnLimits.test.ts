import { flushPromises } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import * as keys from '@/api/keys'
import * as session from '@/api/session'
import * as usage from '@/api/usage'
import { inScope } from '@/testing/inScope'
import { useOwnLimits } from './useOwnLimits'

const page = (...data: object[]) => ({ data, total: data.length, page: 1, limit: 1 }) as never
const window = (subject: string, limit: string) => ({ subject, limit, cap_usd: '10', used_usd: '4', reserved_usd: '1', resets_at: null })

beforeEach(() => {
  vi.spyOn(usage, 'usageSummary').mockResolvedValue({ totals: { cost_usd: '8', requests: 12 } } as never)
})

async function bars() {
  const { result, unmount } = inScope(() => useOwnLimits(() => 7))
  await flushPromises()
  unmount()
  return result.data.value!.map(({ name, used, limit, share }) => [name, used, limit, share])
}

it('counts as budgets do, also what is bound in all', async () => {
  vi.spyOn(keys, 'listKeys').mockResolvedValue(page({ id: 5 }))
  const ask = vi.spyOn(keys, 'keyWindows').mockResolvedValue({ windows: [window('key', 'usd_per_day'), window('user', 'usd_total')] } as never)
  expect(await bars()).toEqual([['usd_total', '$4.00', '$10.00', 0.4]])
  expect(ask.mock.calls[0]![0]).toBe(5)
})

it('shows limits as they are now to whoever has no key', async () => {
  vi.spyOn(keys, 'listKeys').mockResolvedValue(page())
  vi.spyOn(session, 'profile').mockResolvedValue({ limits: { usd_per_day: '16' } } as never)
  expect(await bars()).toEqual([['usd_per_day', '$8.00', '$16.00', 0.5]])
})
