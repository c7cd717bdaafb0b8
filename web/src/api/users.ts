import { answer, change, http, ifMatch, type Schemas } from './client'
import type { operations } from './schema.gen'

export type User = Schemas['User']
export type UserQuery = NonNullable<operations['get_api_v1_users']['parameters']['query']>
export type UserBody = NonNullable<operations['post_api_v1_users']['requestBody']>['content']['application/json']

export const listUsers = (query: UserQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/users', { params: { query }, signal }))

export const getUser = (id: number, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/users/{id}', { params: { path: { id } }, signal }))

export const createUser = (body: UserBody) => change(http.POST('/api/v1/users', { body }))

export const changeUser = (id: number, version: number, body: UserBody) =>
  change(http.PATCH('/api/v1/users/{id}', { params: { path: { id }, header: ifMatch(version) }, body }))

export const deleteUser = (id: number) => change(http.DELETE('/api/v1/users/{id}', { params: { path: { id } } }))

export const removeSecondFactor = (id: number) => change(http.DELETE('/api/v1/users/{id}/2fa', { params: { path: { id } } }))

type BulkBody = NonNullable<operations['post_api_v1_users_bulk']['requestBody']>['content']['application/json']
export type UserFilter = Omit<UserQuery, 'page' | 'limit' | 'sort'>
export type UserBulk = Omit<BulkBody, 'filter'> & { filter?: UserFilter }

export const changeUsers = (body: UserBulk) => change(http.POST('/api/v1/users/bulk', { body: body as BulkBody }))

export type Identity = Schemas['Identity']

export const listIdentities = (id: number, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/users/{id}/identities', { params: { path: { id } }, signal }))

export const addIdentity = (id: number, body: { issuer: string; subject: string; label: string }) =>
  change(http.POST('/api/v1/users/{id}/identities', { params: { path: { id } }, body }))

export const removeIdentity = (id: number, identity_id: number) =>
  change(http.DELETE('/api/v1/users/{id}/identities/{identity_id}', { params: { path: { id, identity_id } } }))
