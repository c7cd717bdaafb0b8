import { answer, change, http, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Invite = Schemas['Invite']
export type InviteQuery = NonNullable<operations['get_api_v1_admin_invites']['parameters']['query']>
export type InviteBody = NonNullable<operations['post_api_v1_admin_invites']['requestBody']>['content']['application/json']
export type NewInvite = operations['post_api_v1_admin_invites']['responses']['201']['content']['application/json']

export const listInvites = (query: InviteQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/invites', { params: { query }, signal }))

// Its code is in the answer this once.
export const createInvite = (body: InviteBody) => change(http.POST('/api/v1/admin/invites', { body }))

export const deleteInvite = (id: number) => change(http.DELETE('/api/v1/admin/invites/{id}', { params: { path: { id } } }))
