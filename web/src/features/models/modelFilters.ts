import { integer, oneOf, text } from '@/composables/useUrlState'

export const MODEL_FILTERS = {
  name: text(),
  provider: text(),
  group_id: integer(0), // whose prices, for who is no administrator
  price: oneOf(['', 'priced', 'unpriced'] as const, ''),
  sort: oneOf(['name', '-name', 'provider', '-provider', 'requests', '-requests', 'accounts', '-accounts'] as const, 'name'),
  page: integer(1),
  of: text(),
  by: text(),
}
