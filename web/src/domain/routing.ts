// Which route a request takes, and where routes stand to each other: docs/routing.md.
import { comparePatterns, matchesModel } from './modelPattern'

export type Presence = 'any' | 'present' | 'absent'

export interface Rule {
  input_tokens_above: number | null
  input_tokens_below: number | null
  thinking: Presence
  tools: Presence
  images: Presence
  upstream_model: string
}

export interface RouteLike {
  id: number
  model: string
  position: number
  status: 'active' | 'disabled'
  group_ids: number[]
  upstream_model: string
  rules: Rule[]
}

export interface Question {
  model: string
  groupId: number
  inputTokens: number
  thinking: boolean
  tools: boolean
  images: boolean
}

// The order in which they are asked: position, the more telling pattern, one for certain groups, the older.
export function compareRoutes(a: RouteLike, b: RouteLike): number {
  return (
    a.position - b.position ||
    comparePatterns(a.model, b.model) ||
    Number(a.group_ids.length === 0) - Number(b.group_ids.length === 0) ||
    a.id - b.id
  )
}

const fits = (wanted: Presence, present: boolean) => wanted === 'any' || (wanted === 'present') === present

export function ruleHolds(rule: Rule, question: Question): boolean {
  if (rule.input_tokens_above && question.inputTokens <= rule.input_tokens_above) return false
  if (rule.input_tokens_below && question.inputTokens >= rule.input_tokens_below) return false
  return fits(rule.thinking, question.thinking) && fits(rule.tools, question.tools) && fits(rule.images, question.images)
}

export interface Taken<Route> {
  route: Route
  rule: number | null // which of its rules holds, from 0; null: none of them
  model: string
}

// Null: no route is about it, and it stays as it was asked for.
export function routeTaken<Route extends RouteLike>(routes: readonly Route[], question: Question): Taken<Route> | null {
  const route = [...routes]
    .sort(compareRoutes)
    .find(
      (candidate) =>
        candidate.status === 'active' &&
        matchesModel(candidate.model, question.model) &&
        (candidate.group_ids.length === 0 || candidate.group_ids.includes(question.groupId)),
    )
  if (!route) return null
  const rule = route.rules.findIndex((candidate) => ruleHolds(candidate, question))
  const model = rule >= 0 ? route.rules[rule]!.upstream_model : route.upstream_model || question.model
  return { route, rule: rule >= 0 ? rule : null, model }
}

export const POSITION_MAX = 1000

// New positions that put the routes in this order: the moved one's alone where there is room between its
// neighbours, else all anew. Empty when they stand so already.
export function positionsFor(order: readonly { id: number; position: number }[], moved: number): { id: number; position: number }[] {
  const at = order.findIndex(({ id }) => id === moved)
  const before = at > 0 ? order[at - 1]!.position : -1
  const after = at + 1 < order.length ? order[at + 1]!.position : POSITION_MAX + 1
  if (order[at]!.position > before && order[at]!.position < after) return []
  const last = at + 1 === order.length
  const between = last ? Math.min(before + 10, POSITION_MAX) : Math.floor((before + after) / 2)
  if (between > before && between < after) return [{ id: moved, position: between }]
  const step = Math.max(1, Math.min(10, Math.floor(POSITION_MAX / Math.max(1, order.length - 1))))
  return order.map(({ id, position }, i) => ({ id, position: i * step, was: position })).flatMap(({ id, position, was }) => (position === was ? [] : [{ id, position }]))
}
