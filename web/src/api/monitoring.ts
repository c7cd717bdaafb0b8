import { answer, http } from './client'

export type Conflicts = Awaited<ReturnType<typeof logConflicts>>

export const logConflicts = (limit: number, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/logs/conflicts', { params: { query: { limit } }, signal }))
