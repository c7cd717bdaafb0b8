import { STATUSES, type AccountQuery, type PlatformType } from '@/api/accounts'
import { flag, integer, oneOf, text, type StateOf } from '@/composables/useUrlState'
import { PLATFORM_TYPES } from '@/domain/platforms'

export const TABS = ['overview', 'usage', 'configuration', 'changes'] as const

export const TIER_WORDS = ['free', 'pro', 'pro+', 'business', 'none'] as const
export const PROXIES = ['true', 'false'] as const

const SORTS = ['id', '-id', 'name', '-name', 'priority', '-priority', 'created_at', '-created_at', '-today_cost', '-today_requests'] as const

export const ACCOUNT_FILTERS = {
  name: text(),
  status: oneOf(['', ...STATUSES], ''),
  platform_type: oneOf<'' | PlatformType>(['', ...PLATFORM_TYPES], ''),
  group_id: integer(0),
  model: text(),
  tier: oneOf(['', ...TIER_WORDS] as const, ''),
  proxy: oneOf(['', ...PROXIES] as const, ''),
  attention: flag(),
  sort: oneOf(SORTS, 'priority'),
  page: integer(1),
  id: integer(0),
  tab: oneOf(TABS, 'overview'),
  test: integer(0),
  add: flag(),
  platform: oneOf<'' | PlatformType>(['', ...PLATFORM_TYPES], ''), // what a new one begins with
  transfer: flag(),
}

export type AccountPageState = StateOf<typeof ACCOUNT_FILTERS>
const NARROWS = ['name', 'status', 'platform_type', 'group_id', 'model', 'tier', 'proxy'] as const
export type AccountFilter = Pick<AccountQuery, (typeof NARROWS)[number] | 'attention'>

// What narrows the list; `filter` of a bulk change is the same.
export function filterOf(state: AccountPageState): AccountFilter {
  const set = NARROWS.filter((name) => state[name]).map((name) => [name, state[name]])
  return { ...(Object.fromEntries(set) as AccountFilter), ...(state.attention && { attention: 'true' as const }) }
}
