import { flag, integer, text } from '@/composables/useUrlState'

export const ROUTE_FILTERS = {
  name: text(),
  group_id: integer(0),
  id: integer(0),
  add: flag(),
  try: flag(),
}
