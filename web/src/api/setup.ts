import { answer, change, http } from './client'
import type { operations } from './schema.gen'

export type SetupBody = operations['post_setup']['requestBody']['content']['application/json']

export const setupState = (signal?: AbortSignal) => answer(http.GET('/setup', { signal }))

export const makeAdministrator = (body: SetupBody) => answer(http.POST('/setup', { body }))

// Where clients and browsers find things: what the wizard knows and the settings do not yet.
export const setAddresses = (body: { relay_url?: string; console_url?: string }) => change(http.PATCH('/api/v1/admin/settings', { body }))
