// What an account's state means: which sign and word, why, since and until when, what to do about it.
// Words are keys of locales/*/accountStatus.ts.

export type AccountWord = 'normal' | 'rate_limited' | 'api_exception' | 'account_exception' | 'disabled' | 'trying'
export type AccountAct = 'test' | 'check' | 'replace' | 'enable'
export type Kind = 'good' | 'warn' | 'bad' | 'off' | 'info'

export interface AccountState {
  status: Exclude<AccountWord, 'trying'>
  status_reason: string
  status_since: string | null
  cooldown_until: string | null
  model_cooldowns: readonly { model: string; until: string | null; reason: string }[]
  failures?: { n: number; of: number } | null // in a row, and how many open the breaker
  next_probe_at?: string | null
}

export interface StatusView {
  word: AccountWord
  kind: Kind
  icon: string
  reason: string
  since: string | null
  until: string | null // in the future, else null
  models: { model: string; until: string | null; reason: string }[] // those that rest alone
  failures: { n: number; of: number } | null // where there are any
  nextTry: string | null // in the future, where no end is known
  act: AccountAct
}

const SIGNS: Record<AccountWord, [Kind, string, AccountAct]> = {
  normal: ['good', '✓', 'test'],
  trying: ['info', '◐', 'check'],
  rate_limited: ['warn', '◷', 'check'],
  api_exception: ['warn', '△', 'check'],
  account_exception: ['bad', '✕', 'replace'],
  disabled: ['off', '⊘', 'enable'],
}

const isAhead = (at: string | null, now: Date) => at !== null && Date.parse(at) > now.getTime()

// A cooldown ends by itself: what was loaded before its end is not shown as limited after it.
function wordOf({ status, cooldown_until }: AccountState, now: Date): AccountWord {
  const rests = status === 'rate_limited' || status === 'api_exception'
  return rests && cooldown_until !== null && !isAhead(cooldown_until, now) ? 'trying' : status
}

export function statusView(state: AccountState, now: Date): StatusView {
  const word = wordOf(state, now)
  const [kind, icon, act] = SIGNS[word]
  return {
    word,
    kind,
    icon,
    act,
    reason: word === 'normal' || word === 'trying' ? '' : state.status_reason,
    since: word === 'normal' ? null : state.status_since,
    until: isAhead(state.cooldown_until, now) ? state.cooldown_until : null,
    failures: state.failures && state.failures.n > 0 && word !== 'disabled' ? state.failures : null,
    nextTry: state.cooldown_until === null && word !== 'disabled' && isAhead(state.next_probe_at ?? null, now) ? state.next_probe_at! : null,
    models: word === 'disabled' ? [] : state.model_cooldowns.filter(({ until }) => until === null || isAhead(until, now)),
  }
}

export interface HistoryEntry {
  at: string | null
  model: string | null
  status: Exclude<AccountWord, 'trying'>
  until: string | null
}

export interface Segment {
  status: Exclude<AccountWord, 'trying'> | 'unknown'
  fromMs: number
  toMs: number
}

type Change = Pick<Segment, 'status'> & { atMs: number }

// Each change of the account as a whole, the oldest first; a cooldown's end is one too, unless another
// change came before it.
function changesOf(entries: readonly HistoryEntry[]): Change[] {
  const whole = entries.filter((entry) => entry.at !== null && !entry.model).sort((a, b) => Date.parse(a.at!) - Date.parse(b.at!))
  return whole.flatMap((entry, i): Change[] => {
    const start = { status: entry.status, atMs: Date.parse(entry.at!) }
    if (entry.until === null) return [start]
    const endMs = Date.parse(entry.until)
    const next = whole[i + 1]
    return next && Date.parse(next.at!) <= endMs ? [start] : [start, { status: 'normal', atMs: endMs }]
  })
}

// The strip of a day: adjoining pieces from `fromMs` to `toMs`. `whole`: the entries reach back to the
// account's beginning; otherwise what lies before the oldest is unknown. Nothing ever changed: it is as it
// is now, for an account may have been made disabled.
export function historySegments(
  entries: readonly HistoryEntry[],
  fromMs: number,
  toMs: number,
  { whole, current }: { whole: boolean; current: HistoryEntry['status'] },
): Segment[] {
  const changes = changesOf(entries).filter(({ atMs }) => atMs < toMs)
  const before = changes.filter(({ atMs }) => atMs <= fromMs).at(-1)
  const beginning = !whole ? 'unknown' : changes.length === 0 ? current : 'normal'
  const pieces: Change[] = [{ status: before?.status ?? beginning, atMs: fromMs }]
  for (const { status, atMs } of changes) if (atMs > fromMs && pieces.at(-1)!.status !== status) pieces.push({ status, atMs })
  return pieces.map(({ status, atMs }, i) => ({ status, fromMs: atMs, toMs: pieces[i + 1]?.atMs ?? toMs }))
}

export const kindOf = (status: Segment['status']): Kind => (status === 'unknown' ? 'off' : SIGNS[status][0])

// "0.1 %" of today's requests failed; null where there were none.
export const errorShare = (today: { requests: number; errors: number } | undefined | null): number | null =>
  today && today.requests > 0 ? (today.errors / today.requests) * 100 : null

// How busy an account is: requests in flight, of as many as it may have at once. No share without a limit;
// nothing at all where no relay has told.
export function loadOf(account: { in_flight: number | null; limits: { concurrency: number | null } }): { inFlight: number; limit: number | null; share: number | null } | null {
  const { in_flight: inFlight, limits } = account
  if (inFlight === null) return null
  const limit = limits.concurrency
  return { inFlight, limit, share: limit === null ? null : limit === 0 ? 1 : Math.min(1, inFlight / limit) }
}

interface Minute {
  requests_last_minute: number | null
  tokens_last_minute: number | null
  limits: { rpm: number | null; tpm: number | null }
}

// What of its limits by the minute is used; those that it has. Null: a relay does not tell.
export function minuteOf(account: Minute): { limit: 'rpm' | 'tpm'; used: number | null; cap: number }[] {
  const { limits } = account
  return [
    ...(limits.rpm === null ? [] : [{ limit: 'rpm' as const, used: account.requests_last_minute, cap: limits.rpm }]),
    ...(limits.tpm === null ? [] : [{ limit: 'tpm' as const, used: account.tokens_last_minute, cap: limits.tpm }]),
  ]
}
