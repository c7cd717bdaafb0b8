import { answer, http, type Schemas } from './client'
import type { operations } from './schema.gen'

export type UsageSummary = Schemas['UsageSummary']
export type UsageTop = Schemas['UsageTop']
export type UsageSeries = Schemas['UsageSeries']
export type UsageErrors = Schemas['UsageErrors']
export type UsageLatency = Schemas['UsageLatency']
export type UsageFigures = UsageSummary['totals']
export type UsageRow = UsageSummary['data'][number]
export type SummaryQuery = NonNullable<operations['get_api_v1_usage_summary']['parameters']['query']>
export type TopQuery = NonNullable<operations['get_api_v1_usage_top']['parameters']['query']>
export type ErrorsQuery = NonNullable<operations['get_api_v1_usage_errors']['parameters']['query']>
export type LatencyQuery = NonNullable<operations['get_api_v1_usage_latency']['parameters']['query']>
export type SeriesQuery = NonNullable<operations['get_api_v1_usage_series']['parameters']['query']>

export const usageSummary = (query: SummaryQuery, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/usage/summary', { params: { query }, signal }))

export const usageTop = (query: TopQuery, signal?: AbortSignal) => answer(http.GET('/api/v1/usage/top', { params: { query }, signal }))

export const usageSeries = (query: SeriesQuery, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/usage/series', { params: { query }, signal }))

export const usageErrors = (query: ErrorsQuery, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/usage/errors', { params: { query }, signal }))

export const usageLatency = (query: LatencyQuery, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/usage/latency', { params: { query }, signal }))
