// Entries of the audit as the console shows them.
import type { AuditEntry } from '@/api/audit'

const PAGES: Record<string, string> = { account: '/accounts', group: '/groups', 'API key': '/keys', user: '/users', route: '/routes', price: '/prices', settings: '/settings', task: '/tasks' }
const WITHOUT_ID = new Set(['settings', 'task', 'price'])

// Where the changed thing can be seen; nothing where it is gone.
export function auditLink(entry: Pick<AuditEntry, 'resource' | 'resource_id' | 'action'>): string {
  const page = PAGES[entry.resource]
  if (!page || entry.action === 'delete') return ''
  return WITHOUT_ID.has(entry.resource) || entry.resource_id <= 0 ? page : `${page}?id=${entry.resource_id}`
}

export interface ShownChange {
  field: string
  from: string
  to: string
  secret: boolean
}

// "–" for what was not there; lists and objects as they are written.
export function shownValue(value: unknown): string {
  if (value === null || value === undefined || value === '') return '–'
  return typeof value === 'string' ? value : JSON.stringify(value)
}

const SECRET = '***'

export function shownChanges(changes: AuditEntry['changes']): ShownChange[] {
  return changes.map(({ field, from, to }) => ({
    field,
    from: shownValue(from),
    to: shownValue(to),
    secret: from === SECRET || to === SECRET,
  }))
}
