import type { LogFilter } from '@/api/logs'
import { flag, integer, many, oneOf, text, type StateOf } from '@/composables/useUrlState'
import { reportBounds, type ReportRange } from '@/domain/reportRange'

export const LOG_RANGES = ['1h', '24h', '7d', '30d', '90d'] as const
export const PROTOCOLS = ['anthropic_messages', 'openai_chat', 'openai_responses', 'gemini'] as const

export const LOG_FILTERS = {
  range: oneOf(LOG_RANGES, '24h'),
  from: text(),
  to: text(),
  scope: oneOf(['all', 'mine'] as const, 'all'),
  search: text(),
  status: many(),
  error_class: many(),
  model: many(),
  served_model: many(),
  key_id: many(),
  user_id: many(),
  group_id: many(),
  account_id: many(),
  protocol: many(),
  stream: oneOf(['', 'true', 'false'] as const, ''),
  complete: oneOf(['', 'true', 'false'] as const, ''),
  cache_hit: flag(),
  retried: oneOf(['', 'true', 'false'] as const, ''),
  source: oneOf(['', 'request', 'test'] as const, ''),
  latency_ms_min: integer(0),
  cost_usd_min: text(),
  session: many(),
  client_ip: text(),
  request_id: text(),
  sort: oneOf(['-started_at', 'started_at', '-cost', '-latency_ms'] as const, '-started_at'),
  cursor: text(),
  id: text(),
}

export type LogState = StateOf<typeof LOG_FILTERS>

const IDS = ['key_id', 'user_id', 'group_id', 'account_id'] as const
const TEXTS = ['status', 'error_class', 'model', 'served_model', 'protocol', 'session'] as const
// Those that go into the question as they are, unless they say nothing.
const PLAIN = ['search', 'stream', 'complete', 'retried', 'source', 'latency_ms_min', 'client_ip', 'request_id'] as const
export const CHIPS = [...TEXTS, ...IDS, ...PLAIN, 'cache_hit', 'cost_usd_min'] as const
// Those that have a place behind "more".
export const MORE = ['error_class', 'protocol', 'stream', 'complete', 'retried', 'source', 'latency_ms_min', 'cost_usd_min', 'cache_hit'] as const
// What reports know of a request is of whom and of which model; all else is finer.
const FINER = CHIPS.filter((name) => name !== 'model' && !(IDS as readonly string[]).includes(name))
const USD = /^\d{1,9}(\.\d{1,9})?$/

const numbers = (texts: string[]) => texts.map(Number).filter((id) => Number.isSafeInteger(id) && id >= 0)

export function boundsOf(state: Pick<LogState, 'range' | 'from' | 'to'>, zone: string, now = new Date()) {
  if (state.from || state.to) return { ...(state.from && { from: state.from }), ...(state.to && { to: state.to }) }
  const { from } = reportBounds(state.range as ReportRange, zone, now)
  return { from }
}

// What reports take too: of whom and of what.
export function subjectsOf(state: LogState, admin: boolean) {
  return {
    ...(admin && { scope: state.scope }),
    ...(state.model.length > 0 && { model: state.model }),
    ...Object.fromEntries(IDS.filter((name) => state[name].length > 0).map((name) => [name, numbers(state[name])])),
  }
}

// The question that the URL asks. What cannot be read as a number is no filter.
export function logFilter(state: LogState, zone: string, admin: boolean, now = new Date()): LogFilter {
  const texts = Object.fromEntries(TEXTS.filter((name) => state[name].length > 0).map((name) => [name, state[name]]))
  return {
    ...boundsOf(state, zone, now),
    tz: zone,
    ...subjectsOf(state, admin),
    ...texts,
    ...Object.fromEntries(PLAIN.filter((name) => state[name]).map((name) => [name, state[name]])),
    ...(state.cache_hit && { cache_hit: 'true' as const }),
    ...(USD.test(state.cost_usd_min) && { cost_usd_min: state.cost_usd_min }),
  } as LogFilter
}

// What is asked for, without where in the list one is and what is open: the same object until it changes, so that
// neither a page turned nor a drawer opened sets filters and histogram to work.
export function filtersOf(state: LogState, before: LogState | undefined): LogState {
  const next = { ...state, cursor: '', id: '' }
  return before && JSON.stringify(before) === JSON.stringify(next) ? before : next
}

const isSet = (state: LogState) => (name: (typeof CHIPS)[number]) => (Array.isArray(state[name]) ? (state[name] as string[]).length > 0 : !!state[name])
export const isFiltered = (state: LogState) => CHIPS.some(isSet(state))
export const isFiner = (state: LogState) => FINER.some(isSet(state))
