// A user's limits of days and months against what the ledger has.
import type { User } from '@/api/session'
import type { UsageFigures } from '@/api/usage'
import { formatUsd, shareOf } from './money'
import { formatCount } from './numbers'

export interface OwnLimit {
  subject?: 'key' | 'user' | 'group' // one's own where it is not said
  name: string
  used: string
  limit: string
  share: number
  reserved?: number
  held?: string
  left?: string
  resetsAt: string | null // null: it does not begin anew
}

const WINDOWS = [
  ['usd_per_day', 'day', 'usd'],
  ['usd_per_month', 'month', 'usd'],
  ['requests_per_day', 'day', 'count'],
  ['requests_per_month', 'month', 'count'],
] as const

// Days and months are UTC's.
export function nextStart(window: 'day' | 'month', now: Date): string {
  const [year, month, day] = [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
  return new Date(window === 'day' ? Date.UTC(year, month, day + 1) : Date.UTC(year, month + 1, 1)).toISOString()
}

export function ownLimits(limits: User['limits'], used: { day: UsageFigures; month: UsageFigures }, now: Date): OwnLimit[] {
  return WINDOWS.flatMap(([name, window, unit]): OwnLimit[] => {
    const cap = limits[name]
    if (cap === null || cap === undefined) return []
    const figures = used[window]
    const [text, exact] = unit === 'usd' ? [formatUsd(figures.cost_usd), figures.cost_usd] : [formatCount(figures.requests), String(figures.requests)]
    // Nothing is allowed by a limit of nothing: it is full.
    const share = Number(cap) === 0 ? 1 : shareOf(exact, String(cap))
    return [{ name, used: text, limit: unit === 'usd' ? formatUsd(String(cap)) : formatCount(Number(cap)), share, resetsAt: nextStart(window, now) }]
  })
}
