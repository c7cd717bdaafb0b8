import { expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { inScope } from '@/testing/inScope'
import { useDanger } from './useDanger'

it('does nothing before it is asked and confirmed, and forgets what it did', async () => {
  const act = vi.fn<(id: number) => Promise<void>>(() => Promise.resolve())
  const { asked, ask, cancel, run } = inScope(() => useDanger(act)).result
  await run()
  ask(7)
  cancel()
  await run()
  expect(act).not.toHaveBeenCalled()
  ask(8)
  await run()
  expect([act.mock.calls, asked.value]).toEqual([[[8]], null])
})

it('says why it failed where it was asked, until it is asked again', async () => {
  const refused = new ApiError(409, 'conflict', 'it has 3 keys')
  const { asked, busy, error, ask, run } = inScope(() => useDanger(() => Promise.reject(refused))).result
  ask(7)
  await run()
  expect([asked.value, busy.value, error.value]).toEqual([7, false, refused])
  ask(7)
  expect(error.value).toBeNull()
})

it('what somebody else changed meanwhile is read again, said, and done only when it is confirmed anew', async () => {
  const act = vi.fn<(record: { id: number; version: number }) => Promise<void>>().mockRejectedValueOnce(new ApiError(409, 'conflict', 'changed', {}, 'r-1')).mockResolvedValue()
  const { asked, error, ask, run } = inScope(() => useDanger(act, ({ id }) => Promise.resolve({ id, version: 4 }))).result
  ask({ id: 7, version: 3 })
  await run()
  expect([act.mock.calls.length, asked.value, error.value?.reason, error.value?.requestId]).toEqual([1, { id: 7, version: 4 }, 'changed_meanwhile', 'r-1'])
  await run()
  expect([act.mock.lastCall, asked.value, error.value]).toEqual([[{ id: 7, version: 4 }], null, null])
})

it('figures that move by themselves are nobody’s change: a group in use is said to be in use while requests come', async () => {
  const refused = new ApiError(409, 'conflict', 'it has 3 keys')
  const asked = { name: 'remove', group: { id: 7, version: 3, requests: 10 } }
  const readAgain = ({ name, group }: typeof asked) => Promise.resolve({ name, group: { ...group, requests: 11 } })
  const danger = inScope(() => useDanger(() => Promise.reject(refused), readAgain, ({ group }: typeof asked) => group.version)).result
  danger.ask(asked)
  await danger.run()
  expect([danger.asked.value, danger.error.value]).toEqual([asked, refused])
})

it.each([
  ['is as it was', () => Promise.resolve({ id: 7, version: 3, requests: 11 })],
  ['is gone', () => Promise.resolve(null)],
  ['cannot be read', () => Promise.reject(new ApiError(503, 'service_away', 'away'))],
])('another conflict is said as it is, where the record %s', async (_, readAgain) => {
  const refused = new ApiError(409, 'conflict', 'it has 3 keys')
  const { asked, error, ask, run } = inScope(() => useDanger<{ id: number; version: number }>(() => Promise.reject(refused), readAgain)).result
  ask({ id: 7, version: 3 })
  await run()
  expect([asked.value, error.value]).toEqual([{ id: 7, version: 3 }, refused])
})

it('is run once, however often it is confirmed', async () => {
  let end: () => void = () => undefined
  const act = vi.fn<() => Promise<void>>(() => new Promise((resolve) => (end = resolve)))
  const { ask, run } = inScope(() => useDanger(act)).result
  ask(7)
  const first = run()
  await run()
  end()
  await first
  expect(act).toHaveBeenCalledTimes(1)
})
