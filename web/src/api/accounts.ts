import { answer, change, http, ifMatch, type Schemas } from './client'
import { ApiError, errorOf } from './errors'
import { eventsOf } from './sse'
import type { operations } from './schema.gen'

export type Account = Schemas['Account']
export type AccountHistoryEntry = Schemas['AccountHistoryEntry']
export type AccountImport = Schemas['AccountImport']
export type AccountStatus = Account['status']
export type PlatformType = Account['platform_type']
export type CredentialType = Account['credential_type']
export type SessionProtocol = NonNullable<Account['session']>['protocol']
export type AccountQuery = NonNullable<operations['get_api_v1_admin_accounts']['parameters']['query']>
export type AccountBody = NonNullable<operations['post_api_v1_admin_accounts']['requestBody']>['content']['application/json']
export type AccountChange = NonNullable<operations['patch_api_v1_admin_accounts_id']['requestBody']>['content']['application/json']
export type BulkBody = NonNullable<operations['post_api_v1_admin_accounts_bulk']['requestBody']>['content']['application/json']
export type ExportBody = NonNullable<operations['post_api_v1_admin_accounts_export']['requestBody']>['content']['application/json']
export type ImportBody = NonNullable<operations['post_api_v1_admin_accounts_import']['requestBody']>['content']['application/json']
export type UsageQuery = NonNullable<operations['get_api_v1_admin_accounts_id_usage']['parameters']['query']>

export const STATUSES = ['normal', 'rate_limited', 'api_exception', 'account_exception', 'disabled'] as const satisfies readonly AccountStatus[]

const one = (id: number) => ({ path: { id } })

export const listAccounts = (query: AccountQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/accounts', { params: { query }, signal }))

export const getAccount = (id: number, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/accounts/{id}', { params: one(id), signal }))

export const createAccount = (body: AccountBody) => change(http.POST('/api/v1/admin/accounts', { body }))

export const changeAccount = (id: number, version: number, body: AccountChange) =>
  change(http.PATCH('/api/v1/admin/accounts/{id}', { params: { ...one(id), header: ifMatch(version) }, body }))

export const deleteAccount = (id: number) => change(http.DELETE('/api/v1/admin/accounts/{id}', { params: one(id) }))
export const enableAccount = (id: number) => change(http.POST('/api/v1/admin/accounts/{id}/enable', { params: one(id) }))
export const disableAccount = (id: number) => change(http.POST('/api/v1/admin/accounts/{id}/disable', { params: one(id) }))
export const resetAccount = (id: number) => change(http.POST('/api/v1/admin/accounts/{id}/reset', { params: one(id) }))
export const refreshAccount = (id: number) => change(http.POST('/api/v1/admin/accounts/{id}/refresh', { params: one(id) }))
export const checkAccount = (id: number) => change(http.POST('/api/v1/admin/accounts/{id}/check', { params: one(id), body: {} }))

export const accountHistory = (id: number, limit: number, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/admin/accounts/{id}/history', { params: { ...one(id), query: { limit } }, signal }))

export const accountUsage = (id: number, query: UsageQuery, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/admin/accounts/{id}/usage', { params: { ...one(id), query }, signal }))

export type AccountTest = Schemas['AccountTest']
export type TestBody = NonNullable<operations['post_api_v1_admin_accounts_id_test']['requestBody']>['content']['application/json']

export interface TestSink {
  phase: (name: string, atUs: number) => void
  text: (piece: string) => void
}

// One real request through the account, told as it goes. Whoever aborts ends it.
export async function testAccount(id: number, body: TestBody, sink: TestSink, signal: AbortSignal): Promise<AccountTest> {
  const call = http.POST('/api/v1/admin/accounts/{id}/test', { params: one(id), body, headers: { accept: 'text/event-stream' }, parseAs: 'stream', signal })
  const { error, response, data } = await call
  if (!response.ok) throw errorOf(response, error)
  for await (const event of eventsOf(new Response(data as ReadableStream<Uint8Array>))) {
    const said = JSON.parse(event.data) as Record<string, unknown>
    if (event.name === 'phase') sink.phase(String(said.phase), Number(said.at_us))
    else if (event.name === 'text') sink.text(String(said.text))
    else if (event.name === 'result') return said as unknown as AccountTest
  }
  throw new ApiError(0, 'stream_incomplete', 'The stream ended without a result.')
}

export const changeAccounts = (body: BulkBody) => change(http.POST('/api/v1/admin/accounts/bulk', { body }))

export const importAccounts = (body: ImportBody, dryRun: boolean) =>
  change(http.POST('/api/v1/admin/accounts/import', { params: { query: { dry_run: dryRun ? 'true' : 'false' } }, body }))

// The file as it is: JSON or CSV.
export const exportAccounts = (body: ExportBody) => answer(http.POST('/api/v1/admin/accounts/export', { body, parseAs: 'blob' }))
