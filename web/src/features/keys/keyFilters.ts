import { flag, integer, oneOf, text } from '@/composables/useUrlState'

const SORTS = ['id', '-id', 'name', '-name', 'created_at', '-created_at', 'expires_at', '-expires_at', '-today_cost', '-today_requests'] as const

export const KEY_FILTERS = {
  name: text(),
  status: oneOf(['', 'active', 'disabled', 'expired', 'exhausted'] as const, ''),
  group_id: integer(0),
  user_id: integer(0),
  scope: oneOf(['all', 'mine'] as const, 'all'),
  sort: oneOf(SORTS, '-created_at'),
  page: integer(1),
  id: integer(0),
  add: flag(),
}

interface Filters {
  name: string
  status: '' | 'active' | 'disabled' | 'expired' | 'exhausted'
  group_id: number
  user_id: number
  scope: 'all' | 'mine'
}

// Only what is asked for: the same for the list and for a bulk change of all that match.
export function keyFilter({ name, status, group_id, user_id, scope }: Filters) {
  return {
    ...(name && { name }),
    ...(status && { status }),
    ...(group_id && { group_id }),
    ...(user_id && { user_id }),
    ...(scope === 'mine' && { scope }),
  }
}
