import { answer, http, type Schemas } from './client'
import { allPages, PAGE_MAX } from './pages'
import type { operations } from './schema.gen'

export type Model = operations['get_api_v1_models']['responses']['200']['content']['application/json'][number]

export type ModelPrices = operations['get_api_v1_models_prices']['responses']['200']['content']['application/json']
export type ModelPrice = ModelPrices['data'][number]

// What models cost in a group, with its multiplier; 0: one's own group.
export const modelPrices = (group_id: number, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/models/prices', { params: { query: group_id ? { group_id } : {} }, signal }))

// What the caller may use.
export const listModels = (signal?: AbortSignal) => answer(http.GET('/api/v1/models', { signal }))

export interface Serving {
  accounts: Schemas['Account'][]
  prices: Schemas['Price'][]
  accountsWhole: boolean // all accounts are in it: no more serve a model than are counted
  pricesWhole: boolean // all prices are in it: who finds none has none
  tierModels: Record<string, string[]>
}

const SERVING_MAX = 2_000

// What an administrator sees of models beside their names: the first 2,000 accounts and prices.
export async function whatServes(signal?: AbortSignal): Promise<Serving> {
  const [accounts, prices, settings] = await Promise.all([
    allPages((page) => answer(http.GET('/api/v1/admin/accounts', { params: { query: { page, limit: PAGE_MAX, sort: 'id' } }, signal })), SERVING_MAX),
    allPages((page) => answer(http.GET('/api/v1/admin/prices', { params: { query: { page, limit: PAGE_MAX, sort: 'id' } }, signal })), SERVING_MAX),
    answer(http.GET('/api/v1/admin/settings', { signal })),
  ])
  return { accounts, prices, accountsWhole: accounts.length < SERVING_MAX, pricesWhole: prices.length < SERVING_MAX, tierModels: settings.tier_models }
}

const TOP_MAX = 100 // what a report of tops gives at once
const NAMES_MAX = 50 // of one question, whose address has a bound
const ADDRESS_MAX = 6_000

export interface Traffic {
  top: Map<string, number> // of the most used models: what a list can be sorted by
  requests: Map<string, number> // of these and those that were asked for; who is not in it is not known
}

// Requests by model since `from`, one's own or everybody's for administrators: the most used ones, or those of `names`.
async function topModels(from: string, names: readonly string[] | null, signal?: AbortSignal) {
  const query = { from, by: ['model' as const], sort: '-requests' as const, limit: TOP_MAX, ...(names && { model: [...names] }) }
  const { data, rest } = await answer(http.GET('/api/v1/usage/top', { params: { query }, signal }))
  return { requests: data.map((row): [string, number] => [row.model ?? '', row.requests]), whole: rest.requests === 0 }
}

// Names in parts that fit into an address; one that fits into none is left out.
function addressable(names: readonly string[]): string[][] {
  const parts: string[][] = []
  let bytes = Infinity
  for (const name of names) {
    const size = encodeURIComponent(name).length + '&model='.length
    if (size > ADDRESS_MAX) continue
    if (bytes + size > ADDRESS_MAX || parts.at(-1)!.length >= NAMES_MAX) {
      parts.push([])
      bytes = 0
    }
    parts.at(-1)!.push(name)
    bytes += size
  }
  return parts
}

// Requests by model, of the most used ones and of `names`: none is said to have had none unseen.
export async function modelTraffic(from: string, names: readonly string[], signal?: AbortSignal): Promise<Traffic> {
  const { requests, whole } = await topModels(from, null, signal)
  const top = new Map(requests)
  const left = names.filter((name) => !top.has(name))
  if (whole) return { top, requests: new Map([...left.map((name): [string, number] => [name, 0]), ...top]) }
  const parts = addressable(left)
  const answers = await Promise.all(parts.map((part) => topModels(from, part, signal)))
  const asked = parts.flat().map((name): [string, number] => [name, 0])
  return { top, requests: new Map([...asked, ...answers.flatMap((one) => one.requests), ...top]) }
}
