import { STATUSES, type AccountQuery, type PlatformType } from '@/api/accounts'
import { flag, integer, oneOf, text, type StateOf } from '@/composables/useUrlState'
import { PLATFORM_TYPES } from '@/domain/platforms'

export const TABS = ['overview', 'usage', 'configuration', 'changes'] as const

const SORTS = ['id', '-id', 'name', '-name', 'priority', '-priority', 'created_at', '-created_at'] as const

export const ACCOUNT_FILTERS = {
  name: text(),
  status: oneOf(['', ...STATUSES], ''),
  platform_type: oneOf<'' | PlatformType>(['', ...PLATFORM_TYPES], ''),
  group_id: integer(0),
  sort: oneOf(SORTS, 'priority'),
  page: integer(1),
  id: integer(0),
  tab: oneOf(TABS, 'overview'),
  test: integer(0),
  add: flag(),
  transfer: flag(),
}

export type AccountPageState = StateOf<typeof ACCOUNT_FILTERS>
export type AccountFilter = Pick<AccountQuery, 'name' | 'status' | 'platform_type' | 'group_id'>

// What narrows the list; `filter` of a bulk change is the same.
export function filterOf({ name, status, platform_type, group_id }: AccountPageState): AccountFilter {
  return { ...(name && { name }), ...(status && { status }), ...(platform_type && { platform_type }), ...(group_id && { group_id }) }
}
