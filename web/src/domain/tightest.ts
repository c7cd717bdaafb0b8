import { formatUsd } from './money'
import { formatCount } from './numbers'

// The limit that is used most, as lists have it.

interface TightestLimit {
  name: string
  used_pct: number
  resets_at: string | null
  used?: number
  used_usd?: string
  limit?: number
  limit_usd?: string
}

export interface TightestUse {
  name: string
  used: string
  limit: string
  share: number
}

export function tightestUse({ name, used_pct, used, used_usd, limit, limit_usd }: TightestLimit): TightestUse {
  return {
    name,
    used: used_usd === undefined ? formatCount(used ?? 0) : formatUsd(used_usd),
    limit: limit_usd === undefined ? formatCount(limit ?? 0) : formatUsd(limit_usd),
    share: used_pct / 100,
  }
}
