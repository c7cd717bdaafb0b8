import { answer, http, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Rerate = Schemas['Rerate']
export type RerateWithModels = Schemas['RerateWithModels']
export type RerateBody = NonNullable<operations['post_api_v1_admin_usage_rerate']['requestBody']>['content']['application/json']

export const startRerate = (body: RerateBody) => answer(http.POST('/api/v1/admin/usage/rerate', { body }))

export const listRerates = (signal?: AbortSignal) => answer(http.GET('/api/v1/admin/usage/rerate', { signal }))

export const getRerate = (id: number, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/admin/usage/rerate/{id}', { params: { path: { id } }, signal }))

export const endRerate = (id: number) => answer(http.DELETE('/api/v1/admin/usage/rerate/{id}', { params: { path: { id } } }))
