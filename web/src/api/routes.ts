import { answer, change, http, ifMatch, type Schemas } from './client'
import type { operations } from './schema.gen'

export type Route = Schemas['Route']
export type RouteQuery = NonNullable<operations['get_api_v1_admin_models']['parameters']['query']>
export type RouteBody = NonNullable<operations['post_api_v1_admin_models']['requestBody']>['content']['application/json']
export type Explained = operations['post_api_v1_admin_explain']['responses']['200']['content']['application/json']
export type ExplainBody = NonNullable<operations['post_api_v1_admin_explain']['requestBody']>['content']['application/json']

export const listRoutes = (query: RouteQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/models', { params: { query }, signal }))

export const getRoute = (id: number, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/models/{id}', { params: { path: { id } }, signal }))

export const createRoute = (body: RouteBody) => change(http.POST('/api/v1/admin/models', { body }))

export const changeRoute = (id: number, version: number, body: RouteBody) =>
  change(http.PATCH('/api/v1/admin/models/{id}', { params: { path: { id }, header: ifMatch(version) }, body }))

export const deleteRoute = (id: number) => change(http.DELETE('/api/v1/admin/models/{id}', { params: { path: { id } } }))

const PAGES_MAX = 6 // 1,001 positions

// All of them: their order is one of the whole.
export async function allRoutes(signal?: AbortSignal): Promise<Route[]> {
  const routes: Route[] = []
  for (let page = 1; page <= PAGES_MAX; page += 1) {
    const { data, total } = await listRoutes({ page, limit: 200, sort: 'id' }, signal)
    routes.push(...data)
    if (data.length === 0 || routes.length >= total) break
  }
  return routes
}

// Keys to try a request as: the first by name.
export const keysToTry = (name: string, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/api-keys', { params: { query: { limit: 50, sort: 'name', ...(name && { name }) } }, signal }))

// Which account would serve it, and why no other; sends nothing to any provider.
export const explain = (body: ExplainBody) => answer(http.POST('/api/v1/admin/explain', { body }))
