// Requests under way on all relays that are there. Not known where one of them has not said, or none is there.

interface RelayLike {
  figures?: { requests_in_flight?: number | null } | null
}

export function inFlightOf(relays: readonly RelayLike[]): number | null {
  const each = relays.map(({ figures }) => figures?.requests_in_flight ?? null)
  if (each.length === 0 || each.includes(null)) return null
  return each.reduce<number>((sum, one) => sum + (one ?? 0), 0)
}
