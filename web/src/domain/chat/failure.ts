import { at, textAt } from './types'

// Why a request has no answer: Weir's stable word for it where there is one, the words, and whose doing it is.

export type Cause = 'you' | 'limit' | 'weir' | 'provider' | 'network'

export interface Failure {
  cause: Cause
  reason: string // Weir's word, or empty
  message: string
  status: number // 0: no answer at all, or in the middle of a stream
}

const CAUSES: Record<Exclude<Cause, 'network'>, string[]> = {
  you: [
    'bad_request', 'bad_parameter', 'malformed_json', 'body_too_large', 'unknown_endpoint', 'key_missing', 'key_unknown', 'key_disabled',
    'key_expired', 'token_expired', 'user_disabled', 'group_disabled', 'ip_not_allowed', 'model_not_allowed', 'client_gone', 'request_timeout',
  ],
  limit: ['rate_limited', 'budget_exceeded', 'budget_busy', 'key_exhausted'],
  weir: [
    'model_not_found', 'model_unpriced', 'no_account_available', 'dialect_not_served', 'native_only', 'not_ready', 'spool_full',
    'limits_unavailable', 'overloaded_memory', 'shutting_down', 'relay_died', 'internal', 'service_away', 'stream_lost',
  ],
  provider: [
    'upstream_connect', 'upstream_timeout', 'upstream_malformed', 'upstream_closed', 'upstream_rate_limited', 'upstream_overloaded',
    'upstream_error', 'upstream_rejected', 'credential_rejected', 'model_refused', 'quota_exhausted', 'stream_error', 'stream_incomplete',
  ],
}

const CAUSE_OF = new Map(Object.entries(CAUSES).flatMap(([cause, reasons]) => reasons.map((reason) => [reason, cause as Cause] as const)))

export const causeOf = (reason: string): Cause | undefined => CAUSE_OF.get(reason)

// Each protocol has its own place for Weir's word.
function reasonIn(body: unknown): string {
  const details = at(body, 'error', 'details')
  const ofGoogle = Array.isArray(details) ? details.map((entry) => textAt(entry, 'reason')) : []
  const words = [
    textAt(body, 'error', 'details', 'error_code'),
    ...ofGoogle,
    textAt(body, 'error', 'code'),
    textAt(body, 'error', 'type'),
    textAt(body, 'response', 'error', 'code'),
    textAt(body, 'code'),
  ]
  return words.find((word) => CAUSE_OF.has(word.toLowerCase()))?.toLowerCase() ?? ''
}

function messageIn(body: unknown): string {
  return textAt(body, 'error', 'message') || textAt(body, 'response', 'error', 'message') || textAt(body, 'message') || textAt(body, 'error')
}

const MESSAGE_LENGTH_MAX = 2_000

// A refusal, or an error event of a stream (`status` 0). What is no error of Weir's own comes from the provider.
export function failureOf(status: number, body: unknown): Failure {
  const reason = reasonIn(body)
  const words = messageIn(body) || (status > 0 ? `HTTP ${status}` : '')
  return { cause: causeOf(reason) ?? 'provider', reason, message: words.slice(0, MESSAGE_LENGTH_MAX), status }
}
