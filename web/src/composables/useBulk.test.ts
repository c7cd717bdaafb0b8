import { reactive } from 'vue'
import { describe, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { inScope } from '@/testing/inScope'
import { useBulk } from './useBulk'
import { useSelection } from './useSelection'

vi.mock('./useSaved', () => ({ useSaved: () => ({ saved: () => Promise.resolve() }) }))

const LIST = { total: 118, rowIds: [1, 2, 3], filter: { status: 'active' } }
const start = () =>
  inScope(() => {
    const selection = useSelection(() => LIST.filter)
    return { selection, bulk: useBulk(selection, () => LIST) }
  }).result

describe('a change of many', () => {
  it('names what is ticked, and holds to its number', async () => {
    const { selection, bulk } = start()
    selection.togglePage([1, 2])
    const send = vi.fn(() => Promise.resolve({ data: { changed: [1, 2], failed: [] }, revision: 5 }))
    expect(await bulk.run(send)).toBe(true)
    expect(send).toHaveBeenCalledWith({ expect_count: 2, ids: [1, 2] })
    expect([selection.count.value, bulk.said.value]).toEqual([0, ''])
  })

  it('of all that match goes by the filter, and says how many are not seen', async () => {
    const { selection, bulk } = start()
    selection.togglePage(LIST.rowIds)
    expect(bulk.pageTicked.value).toBe(true)
    selection.all.value = true
    expect(bulk.scope.value).toContain('115')
    const send = vi.fn(() => Promise.resolve({ data: { changed: [1], failed: [] }, revision: 0 }))
    await bulk.run(send)
    expect(send).toHaveBeenCalledWith({ expect_count: 118, filter: { status: 'active' } })
  })

  it('is held to what was seen when it was asked for', async () => {
    const list = reactive({ total: 118, rowIds: [1, 2, 3], filter: { status: 'active' } })
    const { selection, bulk } = inScope(() => {
      const selection = useSelection(() => list.filter)
      return { selection, bulk: useBulk(selection, () => list) }
    }).result
    selection.togglePage(list.rowIds)
    selection.all.value = true
    bulk.begin()
    list.total = 119
    expect(bulk.count.value).toBe(118)
    const send = vi.fn(() => Promise.resolve({ data: { changed: [1], failed: [] }, revision: 0 }))
    await bulk.run(send)
    expect(send).toHaveBeenCalledWith({ expect_count: 118, filter: { status: 'active' } })
  })

  it('leaves ticked what failed, with each reason once', async () => {
    const { selection, bulk } = start()
    selection.togglePage([1, 2, 3])
    const failed = [2, 3].map((id) => ({ id, error: 'is the last administrator' }))
    await bulk.run(() => Promise.resolve({ data: { changed: [1], failed }, revision: 6 }))
    expect([...selection.ids.value]).toEqual([2, 3])
    expect(bulk.said.value).toContain('2')
    expect(bulk.said.value.match(/is the last administrator/g)).toHaveLength(1)
  })

  it('that is refused for all alike is said where it was asked, with its field, and can be mended', async () => {
    const { selection, bulk } = start()
    selection.togglePage([1, 2])
    const failed = [1, 2].map((id) => ({ id, status: 400, reason: 'bad_parameter', error: 'weight: at most 1000', fields: { weight: 'at most 1000' } }))
    expect(await bulk.run(() => Promise.resolve({ data: { changed: [], failed }, revision: 0 }))).toBe(false)
    expect([bulk.error.value?.status, bulk.error.value?.fields, bulk.said.value]).toEqual([400, { weight: 'at most 1000' }, ''])
    expect([...selection.ids.value]).toEqual([1, 2])
  })

  it('that does not fit the number any more changes nothing here', async () => {
    const { selection, bulk } = start()
    selection.toggle(1)
    expect(await bulk.run(() => Promise.reject(new ApiError(409, 'conflict', 'there are 119')))).toBe(false)
    expect([selection.count.value, bulk.error.value?.message]).toEqual([1, 'there are 119'])
    bulk.begin()
    expect(bulk.error.value).toBeNull()
  })
})
