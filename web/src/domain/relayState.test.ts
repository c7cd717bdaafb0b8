import { expect, it } from 'vitest'
import { perSecond, relayWord } from './relayState'

const relay = { connected: true, nacked_revision: null, revision: 12, lag_ms: 0 }
it.each([
  [{}, 'well'],
  [{ connected: false, nacked_revision: 12 }, 'away'],
  [{ nacked_revision: 13, revision: 12 }, 'refused'],
  [{ revision: 11, lag_ms: 200 }, 'well'],
  [{ revision: 11, lag_ms: 60_000 }, 'behind'],
  [{ revision: 12, lag_ms: 60_000 }, 'well'],
])('%j: %s', (change, word) => expect(relayWord({ ...relay, ...change }, 12)).toBe(word))

it.each([
  [undefined, { at: 1000, total: 5 }, null],
  [{ at: 0, total: 5 }, { at: 2000, total: 25 }, 10],
  [{ at: 0, total: 25 }, { at: 2000, total: 5 }, null],
  [{ at: 2000, total: 5 }, { at: 2000, total: 6 }, null],
])('from %j to %j: %s', (before, now, rate) => expect(perSecond(before, now)).toBe(rate))
