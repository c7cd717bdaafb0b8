import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { useRecordForm } from './useRecordForm'

const KEPT = { id: 7, version: 3, name: 'a', priority: 10 }
const stale = new ApiError(412, 'conflict', 'it was changed meanwhile')

function form(there: typeof KEPT, ...refusals: ApiError[]) {
  const change = vi.fn<(id: number, version: number, body: object) => Promise<unknown>>(() => Promise.resolve())
  for (const refusal of refusals) change.mockRejectedValueOnce(refusal)
  const made = useRecordForm({
    record: KEPT,
    valuesOf: (record) => ({ name: record?.name ?? '', priority: String(record?.priority ?? '') }),
    bodyOf: ({ name, priority }) => ({ name, priority: Number(priority) }),
    rules: {},
    get: () => Promise.resolve(there),
    create: () => Promise.resolve(),
    change,
  })
  return { ...made, change }
}

describe('a form of what others change too', () => {
  it('sends what was touched alone, and nothing when nothing was', async () => {
    const { values, submit, change } = form(KEPT)
    expect(await submit()).toBe(true)
    expect(change).not.toHaveBeenCalled()
    values.priority = '20'
    expect(await submit()).toBe(true)
    expect(change.mock.calls).toEqual([[7, 3, { priority: 20 }]])
  })

  it('goes on by itself when somebody changed something else', async () => {
    const { values, submit, change, conflict } = form({ ...KEPT, version: 4, name: 'b' }, stale)
    values.priority = '20'
    expect(await submit()).toBe(true)
    expect(change.mock.calls).toEqual([
      [7, 3, { priority: 20 }],
      [7, 4, { priority: 20 }],
    ])
    expect(values.name).toBe('b')
    expect(conflict.value).toBeNull()
  })

  it('shows what stands against each other, and takes theirs', async () => {
    const { values, submit, conflict, takeTheirs, dirty } = form({ ...KEPT, version: 4, priority: 30, name: 'b' }, stale)
    values.priority = '20'
    expect(await submit()).toBe(false)
    expect(conflict.value).toEqual({ mine: { priority: 20 }, theirs: { priority: 30 } })
    takeTheirs()
    expect({ ...values }).toEqual({ name: 'b', priority: '30' })
    expect([conflict.value, dirty.value]).toEqual([null, false])
  })

  it('saves mine over theirs, and leaves theirs where I touched nothing', async () => {
    const { values, submit, saveOver, change } = form({ ...KEPT, version: 4, priority: 30, name: 'b' }, stale)
    values.priority = '20'
    await submit()
    expect(await saveOver()).toBe(true)
    expect(change.mock.lastCall).toEqual([7, 4, { priority: 20 }])
    expect(values.name).toBe('b')
  })

  it('keeps what is typed while an act beside it changes the version', async () => {
    const { values, follow, submit, change, dirty } = form(KEPT)
    values.priority = '20'
    follow({ ...KEPT, version: 5 })
    expect([{ ...values }, dirty.value]).toEqual([{ name: 'a', priority: '20' }, true])
    expect(await submit()).toBe(true)
    expect(change.mock.calls).toEqual([[7, 5, { priority: 20 }]])
  })

  it('does not follow what somebody else has put into its fields: saving finds that', async () => {
    const there = { ...KEPT, version: 5, priority: 30 }
    const { values, follow, submit, change, conflict } = form(there, stale)
    values.priority = '20'
    follow(there)
    expect(await submit()).toBe(false)
    expect(change.mock.calls).toEqual([[7, 3, { priority: 20 }]])
    expect(conflict.value).toEqual({ mine: { priority: 20 }, theirs: { priority: 30 } })
  })

  it('does not take a name that is taken for somebody else saving', async () => {
    const taken = new ApiError(409, 'conflict', 'the name is taken', { name: 'is taken' })
    const { values, submit, conflict, errors, change } = form(KEPT, taken)
    values.name = 'b'
    expect(await submit()).toBe(false)
    expect(conflict.value).toBeNull()
    expect(errors.value.name).toBe('is taken')
    expect(change).toHaveBeenCalledTimes(1)
  })
})
