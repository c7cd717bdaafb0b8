import { answer, change, http, ifMatch, type Schemas } from './client'
import { allPages, PAGE_MAX } from './pages'
import type { operations } from './schema.gen'

export type Route = Schemas['Route']
export type RouteQuery = NonNullable<operations['get_api_v1_admin_models']['parameters']['query']>
export type RouteBody = NonNullable<operations['post_api_v1_admin_models']['requestBody']>['content']['application/json']

export const listRoutes = (query: RouteQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/models', { params: { query }, signal }))

export const getRoute = (id: number, signal?: AbortSignal) => answer(http.GET('/api/v1/admin/models/{id}', { params: { path: { id } }, signal }))

export const createRoute = (body: RouteBody) => change(http.POST('/api/v1/admin/models', { body }))

export const changeRoute = (id: number, version: number, body: RouteBody) =>
  change(http.PATCH('/api/v1/admin/models/{id}', { params: { path: { id }, header: ifMatch(version) }, body }))

export const deleteRoute = (id: number) => change(http.DELETE('/api/v1/admin/models/{id}', { params: { path: { id } } }))

const ROUTES_MAX = 1_001 // as many as there are positions

// All of them: their order is one of the whole.
export const allRoutes = (signal?: AbortSignal): Promise<Route[]> => allPages((page) => listRoutes({ page, limit: PAGE_MAX, sort: 'id' }, signal), ROUTES_MAX)
