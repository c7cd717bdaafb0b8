import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi, type MockInstance } from 'vitest'
import { ApiError } from '@/api/errors'
import * as api from '@/api/prices'
import { asking, press, shown } from '@/testing/shown'
import PriceDrawer from './PriceDrawer.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const PRICE = { id: 7, version: 1, model: 'm', provider: '', input: '1', output: '2', aliases: [], effective_from: null, created_at: null, updated_at: null } as unknown as api.Price
const page = (...data: api.Price[]) => ({ data, total: data.length, page: 1, limit: 200, total_at_least: false })
let drawer: VueWrapper
let list: MockInstance<typeof api.listPrices>
const inputs = () => [...document.querySelectorAll<HTMLInputElement>('.n-drawer form input')]

async function typed() {
  drawer = await shown(PriceDrawer, { model: 'm', provider: '', adding: true, providers: [] })
  const input = inputs().find(({ value }) => value === '1')!
  input.value = '1.5'
  input.dispatchEvent(new Event('input'))
}

beforeEach(() => void (list = vi.spyOn(api, 'listPrices').mockResolvedValue(page(PRICE))))
afterEach(() => drawer.unmount())

it('keeps what is typed when the prices cannot be read again', async () => {
  vi.spyOn(api, 'deletePrice').mockResolvedValue({ data: undefined, revision: 0 } as never)
  await typed()
  list.mockRejectedValue(new ApiError(503, 'service_away', 'away'))
  await press('Delete price')
  await press('Delete price')
  await flushPromises()
  expect(document.querySelector('.n-drawer [role=alert]')).not.toBeNull()
  expect(inputs().some(({ value }) => value === '1.5')).toBe(true)
})

it('a price that was changed meanwhile is read again, and deleted when that is confirmed', async () => {
  const remove = vi.spyOn(api, 'deletePrice').mockRejectedValueOnce(new ApiError(409, 'conflict', 'changed')).mockResolvedValue({ data: undefined, revision: 0 } as never)
  await typed()
  list.mockResolvedValue(page({ ...PRICE, version: 2 }))
  await press('Delete price')
  await press('Delete price')
  expect(asking()!.textContent).toContain('Somebody else changed this')
  await press('Delete price')
  expect(remove.mock.calls).toEqual([[7, 1], [7, 2]])
})

it('tells all prices of a model, however many others have its name in theirs', async () => {
  const others = Array.from({ length: 200 }, (_, i) => ({ ...PRICE, id: 100 + i, model: `m-${i}` }))
  list.mockImplementation(({ page: at }) => Promise.resolve({ ...page(...(at === 1 ? others : [PRICE])), total: 201, page: at ?? 1 }))
  drawer = await shown(PriceDrawer, { model: 'm', provider: '', adding: false, providers: [] })
  expect(list.mock.calls.map(([query]) => query.page)).toEqual([1, 2])
  expect(drawer.getComponent({ name: 'PriceHistory' }).props('prices')).toEqual([PRICE])
})
