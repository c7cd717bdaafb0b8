// What somebody should look at, worst first. Pure: from the state of the services and of the accounts.
import type { AccountCount } from '@/api/accountCounts'
import type { Status } from '@/api/status'

export interface Attention {
  kind: 'bad' | 'warn'
  word: string // a text of dashboard.attention
  name: string // whose: an account's, a relay's
  detail: string // the reason, as it was given
  count: number
  until: string | null
  to: string
  act: 'open' | 'replace' | 'price' // where `to` leads: a word of dashboard.attention.acts
  checks: number // the account that can be asked at once whether it answers again; 0: none
}

const line = (kind: Attention['kind'], word: string, to: string, more: Partial<Attention> = {}): Attention => ({
  kind,
  word,
  name: '',
  detail: '',
  count: 0,
  until: null,
  to,
  act: 'open',
  checks: 0,
  ...more,
})

function services(status: Status): Attention[] {
  const found: Attention[] = []
  const relays = status.relays ?? []
  if (status.database_status !== 'ok') found.push(line('bad', 'database', '/monitoring'))
  const connected = relays.some((relay) => relay.connected)
  if (!connected) found.push(line('bad', 'noRelay', '/monitoring'))
  for (const relay of relays) {
    // One that has gone is listed for a while: it may have been taken away, or be down.
    if (!relay.connected && connected) found.push(line('warn', 'away', '/monitoring', { name: relay.id }))
    if (relay.connected && relay.nacked_revision) found.push(line('bad', 'refused', '/monitoring', { name: relay.id, detail: relay.nack_reason ?? '', count: relay.nacked_revision }))
  }
  if (status.usage_status !== 'ok') found.push(line('bad', 'usage', '/monitoring'))
  else if (status.ingest?.status === 'failing') found.push(line('bad', 'ingestFailing', '/monitoring', { detail: status.ingest.last_error ?? '' }))
  else if (status.ingest?.status === 'late') found.push(line('warn', 'ingestLate', '/monitoring', { count: status.ingest.events_waiting }))
  if (status.redis_status === 'down') found.push(line('warn', 'redis', '/monitoring'))
  return found
}

const STATES = [
  ['account_exception', 'bad'],
  ['api_exception', 'warn'],
  ['rate_limited', 'warn'],
] as const

function accounts(counts: AccountCount[]): Attention[] {
  return STATES.flatMap(([status, kind]) => {
    const { first = [], total = 0 } = counts.find((count) => count.status === status) ?? {}
    if (total > first.length) return [line(kind, `many_${status}`, `/accounts?status=${status}`, { count: total })]
    // A credential that was refused is replaced; what was a limit or an error may be over.
    const refused = status === 'account_exception'
    return first.map((account) =>
      line(kind, status, `/accounts?id=${account.id}${refused ? '&tab=configuration' : ''}`, {
        name: account.name,
        detail: account.status_reason,
        until: account.cooldown_until,
        ...(refused ? { act: 'replace' as const } : { checks: account.id }),
      }),
    )
  })
}

// Null: not known yet.
export function attentionOf(status: Status | null, counts: AccountCount[] | null): Attention[] {
  const found = [...(status ? services(status) : []), ...accounts(counts ?? [])]
  const unpriced = status?.unpriced?.models ?? 0
  if (unpriced > 0) found.push(line('warn', 'unpriced', '/prices', { act: 'price', count: unpriced, detail: (status?.unpriced?.names ?? []).slice(0, 3).join(', ') }))
  if (status?.conflicts) found.push(line('warn', 'conflicts', '/monitoring', { count: status.conflicts }))
  return found.sort((a, b) => Number(b.kind === 'bad') - Number(a.kind === 'bad'))
}
