import { flag, integer, oneOf, text } from '@/composables/useUrlState'

export const TABS = ['overview', 'configuration', 'changes'] as const

export const GROUP_FILTERS = {
  name: text(),
  status: oneOf(['', 'active', 'disabled'] as const, ''),
  sort: oneOf(['id', '-id', 'name', '-name', 'created_at', '-created_at', '-today_cost', '-today_requests'] as const, 'name'),
  page: integer(1),
  id: integer(0),
  tab: oneOf(TABS, 'overview'),
  add: flag(),
}
