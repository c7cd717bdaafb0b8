import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { NMessageProvider } from 'naive-ui'
import { h } from 'vue'
import { afterEach, expect, it, vi } from 'vitest'
import * as groups from '@/api/groups'
import * as users from '@/api/users'
import FilterSelect from '@/components/FilterSelect.vue'
import { shown } from '@/testing/shown'
import UsersPage from './UsersPage.vue'

let page: VueWrapper
afterEach(() => page.unmount())

const none = { data: [], total: 0, total_at_least: false, page: 1, limit: 50 } as never

it('searches in one field at a time: what was typed goes along to the next', async () => {
  const list = vi.spyOn(users, 'listUsers').mockResolvedValue(none)
  vi.spyOn(groups, 'listGroups').mockResolvedValue(none)
  page = await shown({ render: () => h(NMessageProvider, () => h(UsersPage)) }, {}, '/users?email=zoe')
  const asked = () => list.mock.lastCall![0]
  expect([asked().email, asked().username]).toEqual(['zoe', undefined])
  const field = () => page.findAllComponents(FilterSelect)[0]!
  const chosen = () => (field().props() as { value: string }).value
  expect(chosen()).toBe('email')
  field().vm.$emit('update:value', 'name' as never)
  await flushPromises()
  expect([asked().name, asked().email]).toEqual(['zoe', undefined])
  expect(chosen()).toBe('name')
})
