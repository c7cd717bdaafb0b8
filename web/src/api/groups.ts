import { answer, change, http, ifMatch, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Group = Schemas['Group']
export type GroupQuery = NonNullable<operations['get_api_v1_groups']['parameters']['query']>
export type GroupBody = NonNullable<operations['post_api_v1_groups']['requestBody']>['content']['application/json']

// Group 1 is always there: what names no group belongs to it.
export const DEFAULT_GROUP = 1

const one = (id: number) => ({ path: { id } })

export const listGroups = (query: GroupQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/groups', { params: { query }, signal }))

export const getGroup = (id: number, signal?: AbortSignal) => answer(http.GET('/api/v1/groups/{id}', { params: one(id), signal }))

export const createGroup = (body: GroupBody) => change(http.POST('/api/v1/groups', { body }))

export const changeGroup = (id: number, version: number, body: GroupBody) =>
  change(http.PATCH('/api/v1/groups/{id}', { params: { ...one(id), header: ifMatch(version) }, body }))

export const deleteGroup = (id: number) => change(http.DELETE('/api/v1/groups/{id}', { params: one(id) }))
