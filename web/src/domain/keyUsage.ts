import { formatUsd, shareOf } from './money'
import { formatCount, formatPercent } from './numbers'

// A key's own figures: its limits as bars, its days added up. Money is added in nano-USD, as integers.

type Subject = 'key' | 'user' | 'group'

interface LimitWindow {
  subject: Subject
  limit: string
  cap?: number
  cap_usd?: string
  used?: number
  used_usd?: string
  reserved?: number
  reserved_usd?: string
  left?: number
  left_usd?: string
  used_pct: number
  resets_at: string | null
}

export interface LimitUse {
  subject: Subject
  name: string
  used: string
  limit: string
  share: number
  reserved: number // of the limit, by requests under way
  held: string // the same as an amount
  left?: string // what neither has been used nor is reserved
  resetsAt: string | null
}

// What a group's others have spent is told to administrators alone; everybody else has the share.
function shareAlone({ subject, limit, used_pct, resets_at }: LimitWindow): LimitUse {
  return { subject, name: limit, used: formatPercent(used_pct), limit: '100 %', share: used_pct / 100, reserved: 0, held: '', resetsAt: resets_at }
}

export function limitUse(window: LimitWindow): LimitUse {
  if (window.cap_usd === undefined && window.cap === undefined) return shareAlone(window)
  const inUsd = window.cap_usd !== undefined
  const cap = inUsd ? window.cap_usd! : String(window.cap ?? 0)
  const used = inUsd ? (window.used_usd ?? '0') : String(window.used ?? 0)
  const reserved = inUsd ? (window.reserved_usd ?? '0') : String(window.reserved ?? 0)
  const left = inUsd ? window.left_usd : window.left?.toString()
  const show = (text: string) => (inUsd ? formatUsd(text) : formatCount(Number(text)))
  return {
    subject: window.subject,
    name: window.limit,
    used: show(used),
    limit: show(cap),
    // A limit of nothing is full.
    share: Number(cap) === 0 ? 1 : shareOf(used, cap),
    reserved: shareOf(reserved, cap),
    held: show(reserved),
    ...(left !== undefined && { left: show(left) }),
    resetsAt: window.resets_at,
  }
}

interface DayFigures {
  requests: number
  errors: number
  input_tokens: number
  output_tokens: number
  cache_read_tokens: number
  cache_write_5m_tokens: number
  cache_write_1h_tokens: number
  cost_nano_usd: number
}

export interface Totals {
  requests: number
  errors: number
  tokens: number
  costUsd: string
}

const NANO_DIGITS = 9

export function usdOfNano(nano: bigint): string {
  const digits = (nano < 0n ? -nano : nano).toString().padStart(NANO_DIGITS + 1, '0')
  return `${nano < 0n ? '-' : ''}${digits.slice(0, -NANO_DIGITS)}.${digits.slice(-NANO_DIGITS)}`
}

export const tokensOf = (day: Omit<DayFigures, 'requests' | 'errors' | 'cost_nano_usd'>): number =>
  day.input_tokens + day.output_tokens + day.cache_read_tokens + day.cache_write_5m_tokens + day.cache_write_1h_tokens

// The last so many days, today with them.
export function totalsOf(days: readonly DayFigures[], count: number): Totals {
  const last = days.slice(-count)
  const sum = (pick: (day: DayFigures) => number) => last.reduce((all, day) => all + pick(day), 0)
  return {
    requests: sum((day) => day.requests),
    errors: sum((day) => day.errors),
    tokens: sum(tokensOf),
    costUsd: usdOfNano(last.reduce((all, day) => all + BigInt(Math.round(day.cost_nano_usd)), 0n)),
  }
}
