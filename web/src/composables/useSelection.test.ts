import { describe, expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import { inScope } from '@/testing/inScope'
import { useSelection } from './useSelection'

describe('useSelection', () => {
  const filter = ref({ status: '' })
  const start = () => inScope(() => useSelection(() => filter.value)).result

  it('ticks one, a page, and takes them away again', () => {
    const { ids, count, toggle, togglePage } = start()
    toggle(1)
    togglePage([1, 2, 3])
    expect([...ids.value]).toEqual([1, 2, 3])
    togglePage([1, 2, 3])
    expect(count.value).toBe(0)
    toggle(5)
    toggle(5)
    expect(count.value).toBe(0)
  })

  it('pages add up', () => {
    const { ids, togglePage } = start()
    togglePage([1, 2])
    togglePage([3])
    expect([...ids.value]).toEqual([1, 2, 3])
  })

  it('all that match is over with the next tick', () => {
    const { all, toggle, togglePage } = start()
    all.value = true
    toggle(1)
    expect(all.value).toBe(false)
    all.value = true
    togglePage([2])
    expect(all.value).toBe(false)
  })

  it('another filter empties it; the same one does not', async () => {
    const { count, all, toggle } = start()
    toggle(1)
    filter.value = { status: '' }
    await nextTick()
    expect(count.value).toBe(1)
    all.value = true
    filter.value = { status: 'active' }
    await nextTick()
    expect([count.value, all.value]).toEqual([0, false])
  })
})
