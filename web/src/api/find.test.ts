import { expect, it, vi } from 'vitest'
import { findEverything } from './find'

const GET = vi.hoisted(() => vi.fn())
vi.mock('./client', () => ({ answer: (call: unknown) => call, http: { GET } }))

it('finds users by any of their names and by their email, each of them once', async () => {
  const zoe = { id: 7, name: 'Zoe', username: 'z1', email: 'zoe@x' }
  const found = { username: [], name: [zoe], email: [zoe, { id: 8, name: '', username: 'max', email: 'zoe.max@x' }] }
  GET.mockImplementation((path: string, { params }: { params: { query: Record<string, string> } }) => {
    const by = Object.keys(found).find((field) => params?.query[field] === 'zoe') as keyof typeof found
    return Promise.resolve(path === '/api/v1/users' ? { data: found[by] } : { data: [] })
  })
  const users = (await findEverything('zoe', true, new AbortController().signal)).filter(({ kind }) => kind === 'users')
  expect(users.map(({ name, path }) => [name, path])).toEqual([['Zoe', '/users?id=7'], ['max', '/users?id=8']])
})

it('finds by what could be asked, and says so where nothing could be', async () => {
  const refused = new Error('away')
  const { signal } = new AbortController()
  GET.mockImplementation((path: string) => (path.endsWith('/models') ? Promise.resolve([{ name: 'claude-x', provider: 'anthropic' }]) : Promise.reject(refused)))
  expect(await findEverything('claude', false, signal)).toEqual([{ kind: 'models', name: 'claude-x', path: '/models?of=claude-x&by=anthropic' }])
  GET.mockRejectedValue(refused)
  await expect(findEverything('claude', false, signal)).rejects.toBe(refused)
})
