import { formatDay, type Zone } from './time'
import { instantOf } from './zoned'

// When a key ends, as a form has it: never, in so many days, or on a day of the reader's zone.

export const EXPIRY_CHOICES = ['never', 'in30', 'in90', 'date'] as const
export type ExpiryChoice = (typeof EXPIRY_CHOICES)[number]

export interface Expiry {
  choice: ExpiryChoice
  date: string // YYYY-MM-DD; for 'date'
}

const DAY_MS = 86_400_000
const DAYS: Partial<Record<ExpiryChoice, number>> = { in30: 30, in90: 90 }

export function expiryOf(at: string | null | undefined, zone: Zone): Expiry {
  return at ? { choice: 'date', date: formatDay(at, zone) } : { choice: 'never', date: '' }
}

// `kept`: an instant that was there already stays to the second when its day is still the one that is shown.
export function expiryInstant({ choice, date }: Expiry, zone: Zone, kept?: string | null, now = new Date()): string | null {
  if (choice === 'never') return null
  const days = DAYS[choice]
  if (days !== undefined) return new Date(now.getTime() + days * DAY_MS).toISOString()
  if (kept && formatDay(kept, zone) === date) return kept
  return instantOf(`${date}T00:00`, zone)
}

export const isExpiryGiven = ({ choice, date }: Expiry): boolean => choice !== 'date' || instantOf(`${date}T00:00`, 'UTC') !== null
