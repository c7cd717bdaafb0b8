import { flag, integer, oneOf, text } from '@/composables/useUrlState'

// What a user is found by: one of them at a time.
export const SEARCHED = ['username', 'name', 'email'] as const
export type Searched = (typeof SEARCHED)[number]

export const USER_FILTERS = {
  username: text(),
  name: text(),
  email: text(),
  role: oneOf(['', 'user', 'admin'] as const, ''),
  status: oneOf(['', 'active', 'disabled'] as const, ''),
  group_id: integer(0),
  has_keys: oneOf(['', 'true', 'false'] as const, ''),
  sort: oneOf(['id', '-id', 'username', '-username', 'email', '-email', 'created_at', '-created_at', 'last_login_at', '-last_login_at', '-today_cost', '-today_requests', '-month_cost'] as const, '-created_at'),
  page: integer(1),
  id: integer(0),
  add: flag(),
}
