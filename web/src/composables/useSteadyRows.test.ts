import { expect, it } from 'vitest'
import { nextTick, ref, shallowRef } from 'vue'
import { inScope } from '@/testing/inScope'
import { useSteadyRows } from './useSteadyRows'

const row = (id: number, requests = 0) => ({ id, requests })

function steady() {
  const live = shallowRef([row(1), row(2), row(3)])
  const sort = ref('name')
  const { result } = inScope(() => useSteadyRows(() => live.value, () => sort.value))
  const ids = () => result.rows.value.map(({ id }) => id)
  return { live, sort, ids, ...result }
}

it('keeps places while something holds, with new figures, and lets go at the end', async () => {
  const { live, ids, rows, hold } = steady()
  hold('pointer', true)
  live.value = [row(4), row(3, 7), row(1)]
  await nextTick()
  expect(ids()).toEqual([1, 2, 3])
  expect(rows.value[2]!.requests).toBe(7)
  hold('pointer', false)
  expect(ids()).toEqual([4, 3, 1])
})

it('is held until the last of those that hold lets go', () => {
  const { live, ids, hold } = steady()
  hold('pointer', true)
  live.value = [row(2), row(1), row(3)]
  hold('edit', true)
  hold('pointer', false)
  expect(ids()).toEqual([1, 2, 3])
  hold('pointer', false)
  expect(ids()).toEqual([1, 2, 3])
  hold('edit', false)
  expect(ids()).toEqual([2, 1, 3])
})

it('shows another question, and what was changed here, at once', async () => {
  const { live, sort, ids, hold, expect: own } = steady()
  hold('drag', true)
  sort.value = '-name'
  await nextTick()
  live.value = [row(3), row(2), row(1)]
  await nextTick()
  expect(ids()).toEqual([3, 2, 1])
  own()
  live.value = [row(3), row(1)]
  await nextTick()
  expect(ids()).toEqual([3, 1])
  live.value = [row(1), row(3)]
  await nextTick()
  expect(ids()).toEqual([3, 1])
})
