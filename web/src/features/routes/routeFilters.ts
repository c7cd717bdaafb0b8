import { flag, integer, oneOf, text } from '@/composables/useUrlState'

export const ROUTE_FILTERS = {
  name: text(),
  group_id: integer(0),
  status: oneOf(['', 'active', 'disabled'] as const, ''),
  id: integer(0),
  add: flag(),
  try: flag(),
}
