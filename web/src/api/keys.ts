import { answer, change, http, ifMatch, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Key = Schemas['Key']
export type KeyWithText = Schemas['KeyWithText']
export type KeyQuery = NonNullable<operations['get_api_v1_api_keys']['parameters']['query']>
export type KeyBody = NonNullable<operations['post_api_v1_api_keys']['requestBody']>['content']['application/json']
type BulkBody = operations['post_api_v1_api_keys_bulk']['requestBody']['content']['application/json']
// The contract leaves the filter's members open: they are the list's query.
export type KeyBulk = Omit<BulkBody, 'filter'> & { filter?: Omit<KeyQuery, 'page' | 'limit' | 'sort'> }

const one = (id: number) => ({ path: { id } })

export const listKeys = (query: KeyQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/api-keys', { params: { query }, signal }))

export const getKey = (id: number, signal?: AbortSignal) => answer(http.GET('/api/v1/api-keys/{id}', { params: one(id), signal }))

export const createKey = (body: KeyBody) => change(http.POST('/api/v1/api-keys', { body }))

export const changeKey = (id: number, version: number, body: KeyBody) =>
  change(http.PATCH('/api/v1/api-keys/{id}', { params: { ...one(id), header: ifMatch(version) }, body }))

export const deleteKey = (id: number) => change(http.DELETE('/api/v1/api-keys/{id}', { params: one(id) }))

export const enableKey = (id: number) => change(http.POST('/api/v1/api-keys/{id}/enable', { params: one(id) }))

export const disableKey = (id: number) => change(http.POST('/api/v1/api-keys/{id}/disable', { params: one(id) }))

export const rotateKey = (id: number, overlap_ms: number) =>
  change(http.POST('/api/v1/api-keys/{id}/rotate', { params: one(id), body: overlap_ms > 0 ? { overlap_ms } : {} }))

export const endPrevious = (id: number) => change(http.DELETE('/api/v1/api-keys/{id}/previous', { params: one(id) }))

export const changeKeys = (body: KeyBulk) => change(http.POST('/api/v1/api-keys/bulk', { body: body as BulkBody }))

// Stands for the key for ten minutes, in requests out of a page.
export const playgroundToken = (id: number) => answer(http.POST('/api/v1/api-keys/{id}/playground-token', { params: one(id) }))

// The budgets that bind it: what is used, and what requests under way have reserved.
export const keyWindows = (id: number, signal?: AbortSignal) => answer(http.GET('/api/v1/api-keys/{id}/windows', { params: one(id), signal }))
