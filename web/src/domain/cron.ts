// A schedule in words: which text, and what stands in it. What has no short words is `other`, and shown as it is.

export interface CronWords {
  key: 'everyMinute' | 'everyMinutes' | 'hourly' | 'everyHours' | 'daily' | 'weekly' | 'monthly' | 'yearly' | 'other'
  count: number
  minute: number
  times: string // 03:17, or several
  weekdays: number[] // 0 is Sunday
  day: number
  month: number
}

const NICKNAMES: Record<string, string> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
}
const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']

// One number or name; null for all else.
function single(field: string, least: number, most: number, names: string[] = [], nameBase = 0): number | null {
  const named = names.indexOf(field.toLowerCase())
  const value = named >= 0 ? named + nameBase : /^\d+$/.test(field) ? Number(field) : NaN
  return value >= least && value <= most ? value : null
}

// Several with commas and ranges, each once; null when it cannot be read.
function listed(field: string, least: number, most: number, names: string[] = []): number[] | null {
  const found = new Set<number>()
  for (const part of field.split(',')) {
    const ends = part.split('-').map((end) => single(end, least, most, names))
    const [first, last = first] = ends
    if (first === null || first === undefined || last === null || last === undefined || ends.length > 2 || last < first) return null
    for (let value = first; value <= last; value += 1) found.add(value)
  }
  return [...found].sort((a, b) => a - b)
}

const step = (field: string): number | null => {
  const match = /^\*\/(\d+)$/.exec(field)
  return match && Number(match[1]) > 0 ? Number(match[1]) : null
}

const two = (value: number) => String(value).padStart(2, '0')

function words(change: Partial<CronWords> & Pick<CronWords, 'key'>): CronWords {
  return { count: 0, minute: 0, times: '', weekdays: [], day: 0, month: 0, ...change }
}

const OTHER = words({ key: 'other' })

function ofDay(times: string, days: string, months: string, weekdays: string): CronWords {
  const anyDay = days === '*'
  if (anyDay && months === '*') {
    if (weekdays === '*') return words({ key: 'daily', times })
    const on = listed(weekdays, 0, 7, WEEKDAYS)
    return on ? words({ key: 'weekly', times, weekdays: [...new Set(on.map((day) => day % 7))].sort() }) : OTHER
  }
  const day = single(days, 1, 31)
  if (day === null || weekdays !== '*') return OTHER
  if (months === '*') return words({ key: 'monthly', times, day })
  const month = single(months, 1, 12, MONTHS, 1)
  return month === null ? OTHER : words({ key: 'yearly', times, day, month })
}

export function cronWords(schedule: string): CronWords {
  const fields = (NICKNAMES[schedule.trim()] ?? schedule).trim().split(/\s+/)
  if (fields.length !== 5) return OTHER
  const [minutes, hours, days, months, weekdays] = fields as [string, string, string, string, string]
  const everyDay = days === '*' && months === '*' && weekdays === '*'
  if (everyDay && hours === '*') {
    if (minutes === '*' || minutes === '*/1') return words({ key: 'everyMinute' })
    const count = step(minutes)
    if (count !== null) return words({ key: 'everyMinutes', count })
  }
  const minute = single(minutes, 0, 59)
  if (minute === null) return OTHER
  if (everyDay && (hours === '*' || hours === '*/1')) return words({ key: 'hourly', minute })
  const every = step(hours)
  if (every !== null) return everyDay ? words({ key: 'everyHours', count: every, minute }) : OTHER
  const at = listed(hours, 0, 23)
  if (!at || at.length > 4) return OTHER
  return ofDay(at.map((hour) => `${two(hour)}:${two(minute)}`).join(', '), days, months, weekdays)
}

// A reader's mistake that can be seen without asking: five fields, or a known short name.
export const looksLikeCron = (schedule: string): boolean => schedule.trim() in NICKNAMES || schedule.trim().split(/\s+/).length === 5
