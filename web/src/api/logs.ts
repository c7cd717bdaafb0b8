import { answer, http, type Page, type Schemas } from './client'
import type { operations } from './schema.gen'

// The log: all of it for administrators, one's own for everybody. Which account served a request, and what
// each attempt was, is in the first alone.

export type LogRow = Schemas['OwnLogRow'] & Partial<Pick<Schemas['LogRow'], 'account_id' | 'account_name'>>
export type Log = Schemas['OwnLog'] | Schemas['Log']
export type Attempt = Schemas['Log']['attempts'][number]
export type LogQuery = NonNullable<operations['get_api_v1_admin_logs']['parameters']['query']>
export type LogFilter = Omit<LogQuery, 'page' | 'limit' | 'sort' | 'cursor'>
export type LogStats = Awaited<ReturnType<typeof logStats>>
export type LogBodies = Awaited<ReturnType<typeof logBodies>>

export interface LogPage extends Page<LogRow> {
  next_cursor: string | null
  searched_to?: string | null // a page that ended before it was full looked this far back
}

// `total` is counted on the first page alone.
export async function listLogs(query: LogQuery, everybody: boolean, signal?: AbortSignal): Promise<LogPage> {
  const page = await (everybody
    ? answer(http.GET('/api/v1/admin/logs', { params: { query }, signal }))
    : answer(http.GET('/api/v1/logs', { params: { query }, signal })))
  return { ...page, total: page.total ?? 0 }
}

export const getLog = (request_id: string, everybody: boolean, signal?: AbortSignal): Promise<Log> =>
  everybody
    ? answer(http.GET('/api/v1/admin/logs/{request_id}', { params: { path: { request_id } }, signal }))
    : answer(http.GET('/api/v1/logs/{request_id}', { params: { path: { request_id } }, signal }))

// Null for as long as the ledger does not have it: that is no error.
export async function findOwnLog(request_id: string, signal?: AbortSignal): Promise<LogRow | null> {
  const { data } = await listLogs({ request_id, limit: 1 }, false, signal)
  return data[0] ?? null
}

// The same of a test of an account, which is nobody's own.
export async function findTestLog(request_id: string, signal?: AbortSignal): Promise<LogRow | null> {
  const { data } = await listLogs({ request_id, limit: 1 }, true, signal)
  return data[0] ?? null
}

// Accounts of attempts by name; one that is gone has only its number.
export async function accountNames(ids: number[], signal?: AbortSignal): Promise<Map<number, string>> {
  const named = ids.map(async (id): Promise<[number, string]> => {
    const call = await http.GET('/api/v1/admin/accounts/{id}', { params: { path: { id } }, signal })
    return [id, call.data?.name ?? `#${id}`]
  })
  return new Map(await Promise.all(named))
}

export const logStats = (query: LogFilter, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/admin/logs/stats', { params: { query }, signal }))

export const logBodies = (request_id: string, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/admin/logs/{request_id}/body', { params: { path: { request_id } }, signal }))

export const clearLogs = (before: string, tz: string) => answer(http.DELETE('/api/v1/admin/logs', { params: { query: { before, tz } } }))
