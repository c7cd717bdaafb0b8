import { expect, it } from 'vitest'
import { formatDurationMs } from './numbers'

it.each([
  [null, '–'],
  [0, '<1 ms'],
  [1, '1.0 ms'],
  [412, '412 ms'],
  [3_410, '3.41 s'],
  [72_000, '1 min 12 s'],
])('%s ms: %s', (ms, text) => expect(formatDurationMs(ms)).toBe(text))
