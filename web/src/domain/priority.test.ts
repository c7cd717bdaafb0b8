import { expect, it } from 'vitest'
import { nextPriority } from './priority'

it.each([
  ['up to the next', [10, 20, 30], 30, -1, 20],
  ['down to the next', [10, 20, 30], 10, 1, 20],
  ['past those that are equal', [10, 20, 20, 30], 20, 1, 30],
  ['first and alone: nothing to do', [10, 20], 10, -1, 10],
  ['first among equals: before them', [10, 10, 20], 10, -1, 9],
  ['last among equals: behind them', [10, 20, 20], 20, 1, 21],
  ['not below the least', [0, 0], 0, -1, 0],
  ['not above the most', [1000, 1000], 1000, 1, 1000],
] as const)('%s', (_, all, mine, by, expected) => expect(nextPriority(all, mine, by)).toBe(expected))
