// The phases of one request as bars: each begins where the one before it ended.

export const PHASES = ['resolve', 'connect', 'proxy', 'tls', 'first_byte', 'first_text', 'total'] as const
export type PhaseName = (typeof PHASES)[number]

export interface PhaseBar {
  name: PhaseName
  fromUs: number
  toUs: number
}

// `reached`: when each phase was over, in µs since the beginning; what did not happen is left out or null.
export function phaseBars(reached: Partial<Record<PhaseName, number | null>>): PhaseBar[] {
  let fromUs = 0
  return PHASES.flatMap((name) => {
    const toUs = reached[name]
    if (toUs === null || toUs === undefined || toUs < fromUs) return []
    const bar = { name, fromUs, toUs }
    fromUs = toUs
    return [bar]
  })
}

export const isPhase = (name: string): name is PhaseName => (PHASES as readonly string[]).includes(name)
