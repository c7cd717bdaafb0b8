import { answer, http, type Page, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Model = operations['get_api_v1_models']['responses']['200']['content']['application/json'][number]

// What the caller may use.
export const listModels = (signal?: AbortSignal) => answer(http.GET('/api/v1/models', { signal }))

const LIMIT = 200
const PAGES_MAX = 10

async function allPages<Row>(load: (page: number) => Promise<Page<Row>>): Promise<Row[]> {
  const rows: Row[] = []
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { data, total } = await load(page)
    rows.push(...data)
    if (data.length === 0 || rows.length >= total) break
  }
  return rows
}

export interface Serving {
  accounts: Schemas['Account'][]
  prices: Schemas['Price'][]
  tierModels: Record<string, string[]>
}

// What an administrator sees of models beside their names: the first 2,000 accounts and prices.
export async function whatServes(signal?: AbortSignal): Promise<Serving> {
  const [accounts, prices, settings] = await Promise.all([
    allPages((page) => answer(http.GET('/api/v1/admin/accounts', { params: { query: { page, limit: LIMIT, sort: 'id' } }, signal }))),
    allPages((page) => answer(http.GET('/api/v1/admin/prices', { params: { query: { page, limit: LIMIT, sort: 'id' } }, signal }))),
    answer(http.GET('/api/v1/admin/settings', { signal })),
  ])
  return { accounts, prices, tierModels: settings.tier_models }
}

// Requests of the last 24 hours by model: one's own, or everybody's for administrators.
export async function modelTraffic(from: string, signal?: AbortSignal) {
  const { data } = await answer(http.GET('/api/v1/usage/top', { params: { query: { from, by: ['model'], sort: '-requests', limit: 100 } }, signal }))
  return new Map(data.map((row) => [row.model ?? '', row]))
}
