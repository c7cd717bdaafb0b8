import { answer, http, type Schemas } from './client'

export type KeyUsage = Schemas['KeyUsage']

// By the key itself, in a header: no log-in, and nothing in the address.
export const keyUsage = (key: string, tz: string, days: number, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/key-usage', { params: { query: { tz, days } }, headers: { 'x-api-key': key }, signal }))
