import { flushPromises } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import * as groups from '@/api/groups'
import * as keys from '@/api/keys'
import * as usage from '@/api/usage'
import * as users from '@/api/users'
import { inScope } from '@/testing/inScope'
import { useReportNames } from './useReportNames'

const page = (...rows: object[]) => ({ data: rows, total: rows.length, total_at_least: false, page: 1, limit: 50 }) as never

async function names(admin: boolean) {
  vi.spyOn(usage, 'usageTop').mockImplementation(({ by }) =>
    Promise.resolve({ data: by?.[0] === 'group' ? [{ group_id: 1, group_name: 'default' }] : by?.[0] === 'user' ? [{ user_id: 1, username: 'ann' }] : [] } as never),
  )
  const asked = {
    user: vi.spyOn(users, 'getUser').mockResolvedValue({ id: 900, name: 'Zoe', username: 'zoe' } as never),
    group: vi.spyOn(groups, 'getGroup').mockResolvedValue({ id: 7, name: 'rare' } as never),
    found: vi.spyOn(keys, 'listKeys').mockResolvedValue(page({ id: 5, name: 'nightly' })),
  }
  const { result } = inScope(() => useReportNames(() => admin))
  expect(result.nameFor('user', 900)).toBe('#900')
  await flushPromises()
  return { result, asked }
}

it('asks for the name of who had few requests, once the list is there', async () => {
  const { result, asked } = await names(true)
  expect(asked.user).not.toHaveBeenCalled()
  expect([result.nameFor('user', 1), result.nameFor('user', 900), result.nameFor('user', 900), result.nameFor('user', 0)]).toEqual(['ann', '#900', '#900', '#0'])
  await flushPromises()
  expect(result.nameFor('user', 900)).toBe('zoe')
  expect(result.names.value.user).toEqual([{ value: '1', label: 'ann' }, { value: '900', label: 'zoe' }])
  expect(asked.user).toHaveBeenCalledTimes(1)
})

it('finds keys that had no requests lately', async () => {
  const { result, asked } = await names(true)
  result.search('key', ' night ')
  await flushPromises()
  expect(asked.found.mock.lastCall![0]).toMatchObject({ name: 'night' })
  expect(result.names.value.key).toEqual([{ value: '5', label: 'nightly' }])
})

it('names the groups that a plain user had requests in, and asks for no others', async () => {
  const { result, asked } = await names(false)
  expect([result.nameFor('group', 1), result.nameFor('group', 7), result.nameFor('user', 900)]).toEqual(['default', '#7', '#900'])
  await flushPromises()
  expect(asked.group).not.toHaveBeenCalled()
  expect(Object.keys(result.names.value)).toEqual(['model', 'key', 'group'])
})
