import { answer, http } from './client'
import { listModels } from './models'

// Things by a part of their name, for the palette. What cannot be asked leaves the others alone; where nothing could be, that is the answer.

export interface Found {
  kind: 'accounts' | 'keys' | 'users' | 'groups' | 'models' | 'routes'
  name: string
  path: string
}

const LIMIT = 4

type Finder = (words: string, signal: AbortSignal) => Promise<Found[]>

const named = (kind: Found['kind'], path: string) => (rows: { id: number; name: string }[]) =>
  rows.map(({ id, name }): Found => ({ kind, name, path: `${path}?id=${id}` }))

const byName = (name: string) => ({ query: { name, limit: LIMIT } })

const FOR_ALL: Finder[] = [
  (words, signal) => answer(http.GET('/api/v1/api-keys', { params: byName(words), signal })).then(({ data }) => named('keys', '/keys')(data)),
  async (words, signal) => {
    const wanted = words.toLowerCase()
    const found = (await listModels(signal)).filter(({ name }) => name.toLowerCase().includes(wanted)).slice(0, LIMIT)
    return found.map(({ name, provider }): Found => ({ kind: 'models', name, path: `/models?${new URLSearchParams({ of: name, by: provider })}` }))
  },
]

const FOR_ADMINS: Finder[] = [
  (words, signal) => answer(http.GET('/api/v1/admin/accounts', { params: byName(words), signal })).then(({ data }) => named('accounts', '/accounts')(data)),
  (words, signal) => answer(http.GET('/api/v1/groups', { params: byName(words), signal })).then(({ data }) => named('groups', '/groups')(data)),
  (words, signal) => answer(http.GET('/api/v1/admin/models', { params: byName(words), signal })).then(({ data }) => named('routes', '/routes')(data)),
  // One question for each field that users are found by: filters of one question must all hold.
  async (words, signal) => {
    const by = ['username', 'name', 'email'] as const
    const pages = await Promise.all(by.map((field) => answer(http.GET('/api/v1/users', { params: { query: { [field]: words, limit: LIMIT } }, signal }))))
    const users = new Map(pages.flatMap(({ data }) => data).map((user) => [user.id, user]))
    return [...users.values()].slice(0, LIMIT).map(({ id, name, username }): Found => ({ kind: 'users', name: name || username, path: `/users?id=${id}` }))
  },
]

export async function findEverything(words: string, isAdmin: boolean, signal: AbortSignal): Promise<Found[]> {
  const finders = isAdmin ? [...FOR_ADMINS, ...FOR_ALL] : FOR_ALL
  const found = await Promise.allSettled(finders.map((find) => find(words, signal)))
  signal.throwIfAborted()
  const refused = found.filter((one) => one.status === 'rejected')
  if (refused.length === found.length) throw refused[0]!.reason
  return found.flatMap((one) => (one.status === 'fulfilled' ? one.value : []))
}
