import type { PickedList } from '@/domain/priceList'
import { answer, change, http, ifMatch, type Schemas } from './client'
import { PAGE_MAX } from './pages'
import type { operations } from './schema.gen'

export type Price = Schemas['Price']
export type PriceQuery = NonNullable<operations['get_api_v1_admin_prices']['parameters']['query']>
export type PriceBody = NonNullable<operations['post_api_v1_admin_prices']['requestBody']>['content']['application/json']
export type PriceImport = Schemas['PriceImport']
export type UnpricedModel = operations['get_api_v1_admin_prices_unpriced']['responses']['200']['content']['application/json']['data'][number]

export const listPrices = (query: PriceQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/prices', { params: { query }, signal }))

const DATED_MAX = 1_000

// Prices that begin at a time of their own, the latest first: few, beside those that hold from the beginning. Null where
// they are more than a page should ask for.
export async function datedPrices(signal?: AbortSignal): Promise<Price[] | null> {
  const found: Price[] = []
  for (let page = 1; found.length < DATED_MAX; page += 1) {
    const { data } = await listPrices({ page, limit: PAGE_MAX, sort: '-effective_from' }, signal)
    const dated = data.filter(({ effective_from }) => effective_from)
    found.push(...dated)
    if (dated.length < PAGE_MAX) return found
  }
  return null
}

export const createPrice = (body: PriceBody) => change(http.POST('/api/v1/admin/prices', { body }))

export const deletePrice = (id: number, version: number) =>
  change(http.DELETE('/api/v1/admin/prices/{id}', { params: { path: { id }, header: ifMatch(version) } }))

export const unpricedModels = (signal?: AbortSignal) => answer(http.GET('/api/v1/admin/prices/unpriced', { params: { query: {} }, signal }))

// The published list prices that come with this version, as admin loads them into a new database.
export const builtInPrices = async () => (await import('../../../services/admin/data/prices.csv?raw')).default

// The file goes as it is: what its cells mean is said there.
export const importPrices = ({ text, type }: PickedList, dryRun: boolean) =>
  change(
    http.POST('/api/v1/admin/prices/import', {
      params: { query: { dry_run: dryRun ? 'true' : 'false' } },
      headers: { 'Content-Type': type },
      body: text as never,
      bodySerializer: (body: unknown) => body as string,
    }),
  )
