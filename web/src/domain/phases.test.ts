import { expect, it } from 'vitest'
import { isPhase, phaseBars } from './phases'

it.each([
  ['nothing yet', {}, []],
  ['each begins where the last ended', { resolve: 10, connect: 30, first_byte: 100, total: 150 }, [['resolve', 0, 10], ['connect', 10, 30], ['first_byte', 30, 100], ['total', 100, 150]]],
  ['what did not happen has no bar', { resolve: 10, proxy: null, tls: null, total: 20 }, [['resolve', 0, 10], ['total', 10, 20]]],
  ['zero is a time', { resolve: 0, connect: 5 }, [['resolve', 0, 0], ['connect', 0, 5]]],
  ['no bar goes backwards', { connect: 50, tls: 20, total: 60 }, [['connect', 0, 50], ['total', 50, 60]]],
] as const)('%s', (_, reached, bars) => expect(phaseBars(reached).map(({ name, fromUs, toUs }) => [name, fromUs, toUs])).toEqual(bars))

it('knows its own names', () => {
  expect(isPhase('tls')).toBe(true)
  expect(isPhase('constructor')).toBe(false)
})
