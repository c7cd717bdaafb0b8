import { answer, http, type Schemas } from './client'

export type OwnLog = Schemas['OwnLog']

export const getOwnLog = (request_id: string, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/logs/{request_id}', { params: { path: { request_id } }, signal }))
