import { answer, http, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Group = Schemas['Group']
export type GroupQuery = NonNullable<operations['get_api_v1_groups']['parameters']['query']>

export const listGroups = (query: GroupQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/groups', { params: { query }, signal }))
