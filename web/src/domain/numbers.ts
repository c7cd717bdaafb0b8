// Counts, shares and durations as the console writes them; one place, so that pages agree.

// Digits and K/M are the same in both languages. Made once: a list has hundreds of numbers.
const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 })
const EXACT = new Intl.NumberFormat('en-US')

// 1,234 · 12,345 · 123.4K · 1.23M
export function formatCount(count: number | null | undefined): string {
  if (count === null || count === undefined || !Number.isFinite(count)) return '–'
  const size = Math.abs(count)
  if (size < 100_000) return WHOLE.format(count)
  if (size < 999_950) return `${(count / 1e3).toFixed(1)}K`
  if (size < 999_995_000) return `${(count / 1e6).toFixed(2)}M`
  return `${(count / 1e9).toFixed(2)}B`
}

// "2,000+" where no more than so many were counted.
export const formatBounded = (count: { total: number; total_at_least?: boolean }) => formatCount(count.total) + (count.total_at_least ? '+' : '')

export function exactCount(count: number | null | undefined): string {
  return count === null || count === undefined ? '–' : EXACT.format(count)
}

// One decimal, rounded down, so that 100 % means all.
export function formatShare(part: number, whole: number): string {
  if (!(whole > 0)) return '–'
  return formatPercent((part / whole) * 100)
}

export function formatPercent(percent: number | null | undefined): string {
  if (percent === null || percent === undefined || !Number.isFinite(percent)) return '–'
  const down = Math.floor(percent * 10 + 1e-9) / 10
  return `${Number.isInteger(down) ? down.toFixed(0) : down.toFixed(1)} %`
}

// 310 µs · 412 ms · 3.41 s · 1 min 12 s
export function formatDurationUs(us: number | null | undefined): string {
  if (us === null || us === undefined || !Number.isFinite(us)) return '–'
  if (us < 1000) return `${Math.round(us)} µs`
  if (us < 999_500) return us < 9_950 ? `${(us / 1000).toFixed(1)} ms` : `${Math.round(us / 1000)} ms`
  if (us < 59_995_000) return `${(us / 1e6).toFixed(2)} s`
  return formatSpan(us / 1e6)
}

// Measured in whole milliseconds: no part of one is known.
export function formatDurationMs(ms: number | null | undefined): string {
  if (ms === 0) return '<1 ms'
  if (ms && ms < 10) return `${Math.round(ms)} ms`
  return formatDurationUs(ms === null || ms === undefined ? ms : ms * 1000)
}

export type SpanUnit = 'd' | 'h' | 'min' | 's'

let spanUnits: Record<SpanUnit, string> = { d: 'd', h: 'h', min: 'min', s: 's' }

// As the page's language calls them (App.vue); what is shorter than a minute and measured keeps µs, ms and s.
export function nameSpanUnits(names: Record<SpanUnit, string>) {
  spanUnits = names
}

// 12 s · 4 min 12 s · 3 h 5 min · 2 d 4 h: two units at most.
export function formatSpan(seconds: number): string {
  const s = Math.max(0, Math.round(seconds))
  const units: [number, SpanUnit][] = [
    [86_400, 'd'],
    [3_600, 'h'],
    [60, 'min'],
    [1, 's'],
  ]
  const first = units.findIndex(([size]) => s >= size)
  if (first < 0) return `0 ${spanUnits.s}`
  const [size, name] = units[first]!
  const text = `${Math.floor(s / size)} ${spanUnits[name]}`
  const next = units[first + 1]
  const rest = next ? Math.floor((s % size) / next[0]) : 0
  return next && rest > 0 ? `${text} ${rest} ${spanUnits[next[1]]}` : text
}

export function formatBytes(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return '–'
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let size = bytes
  let unit = 0
  while (size >= 1024 && unit < units.length - 1) {
    size /= 1024
    unit += 1
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`
}
