import { expect, it } from 'vitest'
import { shiftRange } from './shiftRange'

const NOW = new Date('2026-05-03T12:00:00Z')
const at = (hour: number) => `2026-05-03T${String(hour).padStart(2, '0')}:00:00.000Z`

it.each([
  ['earlier than until now', at(10), undefined, -1, [at(8), at(10)]],
  ['later than now', at(10), undefined, 1, null],
  ['later, in the past', at(2), at(4), 1, [at(4), at(6)]],
  ['later, and not past now', at(9), at(11), 1, [at(10), at(12)]],
  ['of no length', at(9), at(9), -1, null],
  ['of what is no time', 'x', at(9), -1, null],
] as const)('%s', (_, from, to, step, found) => {
  const span = shiftRange(from, to, step, 'UTC', NOW)
  expect(span && [span.from, span.to]).toEqual(found)
})

it('begins a day where the reader does', () => {
  const now = new Date('2026-05-03T12:00:00Z')
  const before = shiftRange('2026-05-01', undefined, -1, 'Asia/Shanghai', now)
  expect(before).toEqual({ from: '2026-04-27T20:00:00.000Z', to: '2026-04-30T16:00:00.000Z' })
})
