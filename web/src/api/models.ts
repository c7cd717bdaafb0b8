import { answer, http } from './client'
import type { operations } from './schema.gen'

export type Model = operations['get_api_v1_models']['responses']['200']['content']['application/json'][number]

export const listModels = (signal?: AbortSignal) => answer(http.GET('/api/v1/models', { signal }))
