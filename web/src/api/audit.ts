import { answer, http, type Schemas } from './client'
import type { operations } from './schema.gen'

export type AuditEntry = Schemas['AuditEntry']
export type AuditQuery = NonNullable<operations['get_api_v1_admin_audit']['parameters']['query']>

export const listAudit = (query: AuditQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/audit', { params: { query }, signal }))
