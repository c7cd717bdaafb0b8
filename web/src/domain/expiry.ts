import { formatDay, type Zone } from './time'

// When a key ends, as a form has it: never, in so many days, or on a day of the reader's zone.

export const EXPIRY_CHOICES = ['never', 'in30', 'in90', 'date'] as const
export type ExpiryChoice = (typeof EXPIRY_CHOICES)[number]

export interface Expiry {
  choice: ExpiryChoice
  date: string // YYYY-MM-DD; for 'date'
}

const DAY_MS = 86_400_000
const DAYS: Partial<Record<ExpiryChoice, number>> = { in30: 30, in90: 90 }

// The instant at which a day begins in a zone. Where clocks change at midnight it is the day's first instant or an hour off.
export function startOfDay(date: string, zone: Zone): Date | null {
  const wanted = Date.parse(`${date}T00:00:00Z`)
  if (!/^\d{4}-\d\d-\d\d$/.test(date) || Number.isNaN(wanted)) return null
  let at = wanted
  for (let tries = 0; tries < 3; tries += 1) at += wanted - wallClock(new Date(at), zone)
  return new Date(at)
}

// What clocks of the zone show, as if it were UTC.
function wallClock(at: Date, zone: Zone): number {
  const shown = new Intl.DateTimeFormat('sv-SE', { timeZone: zone || undefined, dateStyle: 'short', timeStyle: 'medium' }).format(at)
  return Date.parse(`${shown.replace(' ', 'T')}Z`)
}

export function expiryOf(at: string | null | undefined, zone: Zone): Expiry {
  return at ? { choice: 'date', date: formatDay(at, zone) } : { choice: 'never', date: '' }
}

// `kept`: an instant that was there already stays to the second when its day is still the one that is shown.
export function expiryInstant({ choice, date }: Expiry, zone: Zone, kept?: string | null, now = new Date()): string | null {
  if (choice === 'never') return null
  const days = DAYS[choice]
  if (days !== undefined) return new Date(now.getTime() + days * DAY_MS).toISOString()
  if (kept && formatDay(kept, zone) === date) return kept
  return startOfDay(date, zone)?.toISOString() ?? null
}

export const isExpiryGiven = ({ choice, date }: Expiry): boolean => choice !== 'date' || startOfDay(date, 'UTC') !== null
