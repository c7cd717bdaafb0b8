import { flushPromises } from '@vue/test-utils'
import { beforeEach, expect, it, vi, type MockInstance } from 'vitest'
import { ref } from 'vue'
import * as audit from '@/api/audit'
import { useSession } from '@/stores/session'
import { inScope } from '@/testing/inScope'
import { useLastChange } from './useLastChange'

const AT = '2026-11-23T09:00:00Z'
let ask: MockInstance<typeof audit.listAudit>
beforeEach(() => void (ask = vi.spyOn(audit, 'listAudit').mockResolvedValue({ data: [{ actor: 'bob', at: AT, changes: [] }, { actor: 'alice', at: AT, changes: [{ field: 'name' }] }] } as never)))

async function asked(role: 'admin' | 'user') {
  const conflict = ref(0)
  const { result } = inScope(() => {
    useSession().user = { role } as never
    return useLastChange('group', () => conflict.value)
  })
  await flushPromises()
  const before = ask.mock.calls.length
  conflict.value = 7
  await flushPromises()
  return { before, result: result.value }
}

it('asks who it was once somebody is in the way', async () => {
  expect(await asked('admin')).toEqual({ before: 0, result: { actor: 'alice', at: AT } })
  expect(ask.mock.calls[0]![0]).toEqual({ resource: 'group', limit: 10, resource_id: 7 })
})

it('asks nothing for who may not see the audit', async () => {
  expect([(await asked('user')).result, ask.mock.calls.length]).toEqual([null, 0])
})
