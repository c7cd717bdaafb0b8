// A range moved by its own length, earlier (-1) or later (1); never past now. A day is its midnight in the reader's zone.
import type { Zone } from './time'
import { instantOf } from './zoned'

export interface Span {
  from: string
  to: string
}

const DAY = /^\d{4}-\d\d-\d\d$/
const msOf = (at: string, zone: Zone) => Date.parse(DAY.test(at) ? (instantOf(`${at}T00:00`, zone) ?? '') : at)

export function shiftRange(from: string, to: string | undefined, step: -1 | 1, zone: Zone, now: Date): Span | null {
  const [begin, end] = [msOf(from, zone), to ? msOf(to, zone) : now.getTime()]
  const length = end - begin
  if (!(length > 0)) return null
  const shifted = Math.min(end + step * length, now.getTime())
  if (shifted === end) return null // it ends now already
  return { from: new Date(shifted - length).toISOString(), to: new Date(shifted).toISOString() }
}
