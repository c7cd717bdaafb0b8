// What a relay's line says, from what the server knows of it.
import type { Status } from '@/api/status'

export type Relay = NonNullable<Status['relays']>[number]
export type RelayWord = 'refused' | 'away' | 'behind' | 'well'

const LAG_MS_MAX = 5_000

export function relayWord(relay: Pick<Relay, 'connected' | 'nacked_revision' | 'revision' | 'lag_ms'>, latest: number): RelayWord {
  if (!relay.connected) return 'away'
  if (relay.nacked_revision) return 'refused'
  return relay.revision < latest && relay.lag_ms > LAG_MS_MAX ? 'behind' : 'well'
}

export interface Sample {
  at: number // ms
  total: number
}

// Requests a second between two looks; null for the first, or when the relay began anew in between.
export function perSecond(before: Sample | undefined, now: Sample): number | null {
  if (!before || now.at <= before.at || now.total < before.total) return null
  return ((now.total - before.total) * 1000) / (now.at - before.at)
}
