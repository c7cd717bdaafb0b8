import { expect, it } from 'vitest'
import { redisSummary, type RedisServer } from './redisView'

const server: RedisServer = { use: 'limits', status: 'ok', role: 'primary', mode: 'standalone', latency_us: 200, away_policy: 'local' }
const relay = (servers: RedisServer[] | null, connected = true) =>
  ({ connected, figures: { redis_servers: servers } }) as Parameters<typeof redisSummary>[0][number]

it('is what all connected relays say together', () => {
  const other: RedisServer = { ...server, status: 'down', role: 'replica', latency_us: null, away_policy: 'open' }
  expect(redisSummary([relay([server]), relay([other]), relay([{ ...server, latency_us: 900 }], false)], 'limits')).toEqual({
    down: true,
    kinds: ['primary', 'replica', 'standalone'],
    latencyUs: 200,
    policies: ['local', 'open'],
  })
})

it('the slowest relay tells how far it is', () =>
  expect(redisSummary([relay([server]), relay([{ ...server, latency_us: 900 }])], 'limits')?.latencyUs).toBe(900))

it.each([
  ['a relay of before', relay(null)],
  ['one without Redis', relay([])],
  ['one that has not told', { connected: true, figures: null }],
  ['one for answers alone', relay([{ ...server, use: 'answers' }])],
])('%s says nothing of limits', (_, told) => expect(redisSummary([told], 'limits')).toBeNull())

it('what nobody knows is null, not 0', () =>
  expect(redisSummary([relay([{ ...server, role: null, mode: null, latency_us: null, away_policy: null }])], 'limits')).toEqual({ down: false, kinds: [], latencyUs: null, policies: [] }))
