import { flushPromises } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { getUser, listUsers } from '@/api/users'
import { inScope } from '@/testing/inScope'
import { useSession } from '@/stores/session'
import { useUserNames } from './useUserNames'

vi.mock('@/api/users', () => ({ listUsers: vi.fn(), getUser: vi.fn() }))

const user = (id: number, username: string) => ({ id, username, name: '', role: 'admin' })
const page = (...users: object[]) => ({ data: users, total: users.length, page: 1, limit: 200 }) as never

beforeEach(() => {
  vi.mocked(listUsers).mockReset().mockResolvedValue(page(user(2, 'bea'), user(1, 'ann')))
  vi.mocked(getUser).mockReset().mockImplementation((id) => (id === 900 ? Promise.resolve(user(900, 'zoe') as never) : Promise.reject(new ApiError(404, 'not_found', 'gone'))))
})

async function names() {
  const { result } = inScope(() => {
    useSession().user = user(1, 'ann') as never
    return useUserNames()
  })
  await flushPromises()
  return result
}
const labels = (result: { options: { value: { label: string }[] } }) => result.options.value.map(({ label }) => label)

it('asks once for a name behind the first page, and offers it too', async () => {
  const result = await names()
  expect(result.userName(2)).toBe('bea')
  expect([result.userName(900), result.userName(900), result.userName(901)]).toEqual(['#900', '#900', '#901'])
  await flushPromises()
  expect([result.userName(900), result.userName(901)]).toEqual(['zoe', '#901'])
  expect(getUser).toHaveBeenCalledTimes(2)
  expect(labels(result)).toEqual(['#901', 'ann', 'bea', 'zoe'])
})

it('does not take somebody for gone because admin was away', async () => {
  vi.useFakeTimers()
  vi.mocked(getUser).mockRejectedValueOnce(new ApiError(503, 'unavailable', 'away'))
  const result = await names()
  result.userName(900)
  await flushPromises()
  expect([result.userName(900), labels(result)]).toEqual(['#900', ['ann', 'bea']])
  vi.advanceTimersByTime(30_000)
  result.userName(900)
  await flushPromises()
  expect(result.userName(900)).toBe('zoe')
})

it('finds more by a search, and keeps what it knew', async () => {
  const result = await names()
  vi.mocked(listUsers).mockResolvedValue(page(user(500, 'carl')))
  result.search(' car ')
  await flushPromises()
  expect(vi.mocked(listUsers).mock.lastCall![0]).toMatchObject({ username: 'car' })
  expect(labels(result)).toEqual(['ann', 'bea', 'carl'])
})
