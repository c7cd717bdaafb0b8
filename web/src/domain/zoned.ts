import { parseTime, parts, type Zone } from './time'

// What people type as a date and time is meant in the reader's zone; the API takes instants.

const TYPED = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)$/

// "2026-03-01T00:00", as the browser's own field has it.
export function typedTime(text: string | null | undefined, zone: Zone = ''): string {
  const at = parseTime(text)
  if (!at) return ''
  const p = parts(at, zone)
  return `${p.year}-${p.month}-${p.day}T${p.hour}:${p.minute}`
}

function offsetMs(at: number, zone: Zone): number {
  const p = parts(new Date(at), zone)
  const wall = Date.UTC(Number(p.year), Number(p.month) - 1, Number(p.day), Number(p.hour), Number(p.minute), Number(p.second))
  return wall - Math.floor(at / 1000) * 1000
}

// Null when it cannot be read. An hour that a clock change skips is the one after it; of one that is
// there twice, the first.
export function instantOf(typed: string, zone: Zone = ''): string | null {
  const match = TYPED.exec(typed)
  if (!match) return null
  const [year, month, day, hour, minute] = match.slice(1).map(Number) as [number, number, number, number, number]
  const wall = Date.UTC(year, month - 1, day, hour, minute)
  if (new Date(wall).toISOString().slice(0, 16) !== typed) return null
  const before = wall - offsetMs(wall - 86_400_000, zone)
  const after = wall - offsetMs(wall + 86_400_000, zone)
  const at = [before, after].sort((a, b) => a - b).find((candidate) => candidate + offsetMs(candidate, zone) === wall) ?? before
  return new Date(at).toISOString().replace('.000Z', 'Z')
}
