import type { AuditQuery } from '@/api/audit'
import { integer, oneOf, text, type StateOf } from '@/composables/useUrlState'

export const RESOURCES = ['account', 'group', 'API key', 'user', 'route', 'price', 'settings', 'identity', 'invite', 'task', 'log', 'recorded bodies'] as const
export const ACTIONS = ['create', 'update', 'delete', 'check', 'test', 'export', 'export_with_secrets', 'playground_token'] as const

export const AUDIT_FILTERS = {
  user_id: integer(0),
  resource: text(),
  resource_id: integer(0),
  resource_name: text(),
  request_id: text(),
  revision: integer(0),
  action: text(),
  from: text(),
  to: text(),
  sort: oneOf(['-at', 'at'] as const, '-at'),
  page: integer(1),
  id: integer(0),
}

export type AuditState = StateOf<typeof AUDIT_FILTERS>

export function auditQuery(state: AuditState, limit: number): AuditQuery {
  const { user_id, resource, resource_id, resource_name, request_id, revision, action, from, to, sort, page } = state
  return {
    page,
    limit,
    sort,
    ...(user_id && { user_id }),
    ...(resource && { resource }),
    ...(resource_id && { resource_id }),
    ...(resource_name && { resource_name }),
    ...(request_id && { request_id }),
    ...(revision && { revision }),
    ...(action && { action }),
    ...(from && { from }),
    ...(to && { to }),
  }
}

const KEPT = new Set(['sort', 'page', 'id']) // what narrows nothing
export const isFiltered = (state: AuditState) => Object.entries(state).some(([name, value]) => !KEPT.has(name) && !!value)
