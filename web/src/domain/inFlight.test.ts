import { expect, it } from 'vitest'
import { inFlightOf } from './inFlight'

it.each([
  [[], null],
  [[{ figures: { requests_in_flight: 0 } }], 0],
  [[{ figures: { requests_in_flight: 3 } }, { figures: { requests_in_flight: 4 } }], 7],
  [[{ figures: { requests_in_flight: 3 } }, { figures: null }], null],
])('in flight %j: %j', (relays, sum) => expect(inFlightOf(relays)).toBe(sum))
