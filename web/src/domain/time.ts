// Instants in the reader's zone. `zone` is an IANA name; the browser's own when it is empty.

export type Zone = string

let ownZone = ''
export const browserZone = (): Zone => (ownZone ||= Intl.DateTimeFormat().resolvedOptions().timeZone)

// Making a format takes many times as long as using it, and a list has hundreds of instants.
const formats = new Map<Zone, Intl.DateTimeFormat>()

function formatOf(zone: Zone): Intl.DateTimeFormat {
  const kept = formats.get(zone)
  if (kept) return kept
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone || undefined,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  })
  formats.set(zone, format)
  return format
}

export function parts(at: Date, zone: Zone): Record<string, string> {
  return Object.fromEntries(formatOf(zone).formatToParts(at).map(({ type, value }) => [type, value]))
}

export function parseTime(text: string | null | undefined): Date | null {
  if (!text) return null
  const at = new Date(text)
  return Number.isNaN(at.getTime()) ? null : at
}

// Today 14:32:07, this year 05-03 14:32, else 2026-05-03.
export function formatTime(text: string | null | undefined, zone: Zone = '', now = new Date()): string {
  const at = parseTime(text)
  if (!at) return '–'
  const a = parts(at, zone)
  const n = parts(now, zone)
  if (a.year === n.year && a.month === n.month && a.day === n.day) return `${a.hour}:${a.minute}:${a.second}`
  if (a.year === n.year) return `${a.month}-${a.day} ${a.hour}:${a.minute}`
  return `${a.year}-${a.month}-${a.day}`
}

// 2026-05-03, as date fields want it.
export function formatDay(text: string | null | undefined, zone: Zone = ''): string {
  const at = parseTime(text)
  if (!at) return ''
  const { year, month, day } = parts(at, zone)
  return `${year}-${month}-${day}`
}

// Without seconds, for a time that was planned: 14:32, or 05-03 14:32.
export function formatClock(text: string | null | undefined, zone: Zone = '', now = new Date()): string {
  const shown = formatTime(text, zone, now)
  return /^\d\d:\d\d:\d\d$/.test(shown) ? shown.slice(0, 5) : shown
}

// The day and the minute that a clock on the wall shows: 2026-05-03, 32.
export function localDay(at: Date, zone: Zone = ''): string {
  const a = parts(at, zone)
  return `${a.year}-${a.month}-${a.day}`
}

export const localMinute = (at: Date, zone: Zone = ''): number => Number(parts(at, zone).minute)

// 2026-05-03 14:32:07 (Asia/Shanghai) · 06:32:07 UTC
export function fullTime(text: string | null | undefined, zone: Zone = ''): string {
  const at = parseTime(text)
  if (!at) return '–'
  const a = parts(at, zone)
  const utc = at.toISOString().replace('T', ' ').slice(0, 19)
  return `${a.year}-${a.month}-${a.day} ${a.hour}:${a.minute}:${a.second} (${zone || browserZone()}) · ${utc} UTC`
}

// "UTC+8", "UTC−3:30": named on every page that shows days.
export function zoneName(zone: Zone = '', at = new Date()): string {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: zone || undefined, timeZoneName: 'longOffset' })
  const offset = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT'
  const match = /^GMT(?:([+-])(\d\d):(\d\d))?$/.exec(offset)
  if (!match?.[1] || (match[2] === '00' && match[3] === '00')) return 'UTC'
  const minutes = match[3] === '00' ? '' : `:${match[3]}`
  return `UTC${match[1] === '-' ? '−' : '+'}${Number(match[2])}${minutes}`
}

export function isoSeconds(at: Date): string {
  return at.toISOString().replace(/\.\d+Z$/, 'Z')
}
