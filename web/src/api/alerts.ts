import { answer, http, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Alert = Schemas['Alert']
export type WrongNow = operations['get_api_v1_admin_alerts_wrong']['responses']['200']['content']['application/json']['data'][number]

export const listAlerts = (query: { page: number; limit: number }, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/alerts', { params: { query }, signal }))

export const wrongNow = (signal?: AbortSignal) => answer(http.GET('/api/v1/admin/alerts/wrong', { signal }))

export const testAlert = () => answer(http.POST('/api/v1/admin/alerts/test'))
