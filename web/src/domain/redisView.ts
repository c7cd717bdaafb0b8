// What relays say of their Redis, and what all of them say together.
import type { Relay } from './relayState'

export type RedisServer = NonNullable<NonNullable<Relay['figures']>['redis_servers']>[number]
type Told = Pick<Relay, 'connected' | 'figures'>

export interface RedisSummary {
  down: boolean // for one relay at least
  kinds: string[] // roles and modes, each once
  latencyUs: number | null // of the relay that waits longest; null: nobody knows
  policies: NonNullable<RedisServer['away_policy']>[] // each once
}

const each = <T>(values: (T | null)[]) => [...new Set(values.filter((value): value is T => value !== null))]

// Null where no connected relay tells of such a Redis.
export function redisSummary(relays: Told[], use: RedisServer['use']): RedisSummary | null {
  const servers = relays.flatMap(({ connected, figures }) => (connected ? (figures?.redis_servers ?? []) : [])).filter((server) => server.use === use)
  if (servers.length === 0) return null
  const times = each(servers.map(({ latency_us }) => latency_us))
  return {
    down: servers.some(({ status }) => status === 'down'),
    kinds: [...each(servers.map(({ role }) => role)), ...each(servers.map(({ mode }) => mode))],
    latencyUs: times.length === 0 ? null : Math.max(...times),
    policies: each(servers.map(({ away_policy }) => away_policy)),
  }
}
