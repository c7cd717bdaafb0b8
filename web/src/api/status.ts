import { answer, http, type Schemas } from './client'

export type Status = Schemas['Status']

export const getStatus = (signal?: AbortSignal) => answer(http.GET('/api/v1/status', { signal }))
