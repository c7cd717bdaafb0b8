// A range moved by its own length, earlier (-1) or later (1); never past now.

export interface Span {
  from: string
  to: string
}

export function shiftRange(from: string, to: string | undefined, step: -1 | 1, now: Date): Span | null {
  const [begin, end] = [Date.parse(from), to ? Date.parse(to) : now.getTime()]
  const length = end - begin
  if (!(length > 0)) return null
  const shifted = Math.min(end + step * length, now.getTime())
  if (shifted === end) return null // it ends now already
  return { from: new Date(shifted - length).toISOString(), to: new Date(shifted).toISOString() }
}
