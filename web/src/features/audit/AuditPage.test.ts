import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi, type MockInstance } from 'vitest'
import * as audit from '@/api/audit'
import * as users from '@/api/users'
import FilterSelect from '@/components/FilterSelect.vue'
import { shown } from '@/testing/shown'
import AuditPage from './AuditPage.vue'

const ENTRY = { id: 1, at: '2026-11-22T12:00:00Z', actor: 'root', user_id: 1, action: 'update', resource: 'task', resource_id: 0, resource_name: 'usage_retention', client_ip: '', request_id: '', changes: [{ field: 'time_zone', from: 'UTC', to: 'Asia/Shanghai' }] }
let page: VueWrapper
let asked: MockInstance<typeof audit.listAudit>

async function at(path: string) {
  asked = vi.spyOn(audit, 'listAudit').mockResolvedValue({ data: [ENTRY], total: 1, page: 1, limit: 50 } as never)
  vi.spyOn(users, 'listUsers').mockResolvedValue({ data: [], total: 0, page: 1, limit: 50 } as never)
  page = await shown(AuditPage, {}, path)
}
afterEach(() => page.unmount())

it('a name that is filtered by is seen and can be taken away', async () => {
  await at('/audit?resource=task&resource_name=usage_retention')
  expect(asked.mock.lastCall![0]).toMatchObject({ resource: 'task', resource_name: 'usage_retention' })
  await page.get('.chip button').trigger('click')
  await flushPromises()
  expect(asked.mock.lastCall![0]).toMatchObject({ resource: 'task' })
  expect(asked.mock.lastCall![0].resource_name).toBeUndefined()
})

it('another kind is not asked for by the name of one of the last', async () => {
  await at('/audit?resource=task&resource_name=usage_retention')
  page.findAllComponents(FilterSelect)[1]!.vm.$emit('update:value', 'user')
  await flushPromises()
  expect([asked.mock.lastCall![0].resource, asked.mock.lastCall![0].resource_name]).toEqual(['user', undefined])
})

it('names changed fields as their forms do', async () => {
  await at('/audit')
  expect(page.get('.change').text()).toBe('Time zone UTC → Asia/Shanghai')
})
