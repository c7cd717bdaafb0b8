import { answer, http } from './client'
import type { operations } from './schema.gen'

type Explain = operations['post_api_v1_admin_explain']
export type ExplainBody = NonNullable<Explain['requestBody']>['content']['application/json']
export type Explanation = Explain['responses'][200]['content']['application/json']
export type ExplainedModel = Explanation['models'][number]
export type ExplainedAccount = ExplainedModel['accounts'][number]
export type Obstacle = Explanation['obstacles'][number]

export const explain = (body: ExplainBody, signal?: AbortSignal) => answer(http.POST('/api/v1/admin/explain', { body, signal }))
