import { flag, integer, oneOf, text } from '@/composables/useUrlState'

export const PRICE_SORTS = ['model', '-model', 'provider', '-provider', 'effective_from', '-effective_from', 'input', '-input', 'output', '-output', 'cache_read', '-cache_read', 'cache_write_5m', '-cache_write_5m', 'cache_write_1h', '-cache_write_1h'] as const

export const PRICE_FILTERS = {
  model: text(),
  provider: text(),
  sort: oneOf(PRICE_SORTS, 'model'),
  page: integer(1),
  of: text(), // the model whose prices the drawer shows, of this provider
  by: text(),
  add: flag(),
  import: flag(),
  rerate: flag(),
  run: integer(0),
}
