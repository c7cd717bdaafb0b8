import { answer, http } from './client'

export type Conflicts = Awaited<ReturnType<typeof logConflicts>>
export type WrongNow = Awaited<ReturnType<typeof wrongNow>>['data'][number]

export const logConflicts = (limit: number, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/logs/conflicts', { params: { query: { limit } }, signal }))

export const wrongNow = (signal?: AbortSignal) => answer(http.GET('/api/v1/admin/alerts/wrong', { signal }))
