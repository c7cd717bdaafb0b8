import { answer, http } from './client'

// Things by a part of their name, for the palette.

export interface Found {
  kind: 'accounts' | 'keys' | 'users' | 'groups'
  name: string
  path: string
}

const LIMIT = 4

export async function findEverything(words: string, isAdmin: boolean, signal: AbortSignal): Promise<Found[]> {
  const query = { name: words, limit: LIMIT }
  const keys = answer(http.GET('/api/v1/api-keys', { params: { query }, signal })).then(({ data }) =>
    data.map(({ id, name }): Found => ({ kind: 'keys', name, path: `/keys?id=${id}` })),
  )
  if (!isAdmin) return keys
  const accounts = answer(http.GET('/api/v1/admin/accounts', { params: { query }, signal })).then(({ data }) =>
    data.map(({ id, name }): Found => ({ kind: 'accounts', name, path: `/accounts?id=${id}` })),
  )
  const users = answer(http.GET('/api/v1/users', { params: { query: { username: words, limit: LIMIT } }, signal })).then(({ data }) =>
    data.map(({ id, name, username }): Found => ({ kind: 'users', name: name || username, path: `/users?id=${id}` })),
  )
  return (await Promise.all([accounts, keys, users])).flat()
}
