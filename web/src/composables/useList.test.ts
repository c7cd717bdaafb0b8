import { flushPromises } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { nextTick, ref } from 'vue'
import { ApiError } from '@/api/errors'
import { inScope } from '@/testing/inScope'
import { useList } from './useList'

const page = (name: string) => ({ data: [name], total: 1, page: 1, limit: 20 })

it('rows of another filter go when this one’s cannot be had; those of the same one stay', async () => {
  const filter = ref('a')
  let away = false
  const { result } = inScope(() =>
    useList(
      () => filter.value,
      (asked) => (away ? Promise.reject(new ApiError(503, 'service_away', 'away')) : Promise.resolve(page(asked))),
    ),
  )
  await flushPromises()
  away = true
  await result.reload()
  expect([result.rows.value, result.count.value, result.error.value?.status]).toEqual([['a'], 1, 503])
  filter.value = 'b'
  await nextTick()
  await flushPromises()
  expect([result.rows.value, result.count.value, result.error.value?.status]).toEqual([[], null, 503])
  away = false
  await result.reload()
  expect([result.rows.value, result.count.value, result.error.value]).toEqual([['b'], 1, null])
})
