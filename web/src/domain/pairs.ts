// Maps that people write one pair a line: "asked = served", "x-team: blue".

export interface Pairs {
  pairs: Record<string, string>
  wrong: number[] // lines without a name or a value, from 1
}

export function pairsOf(text: string, between: '=' | ':'): Pairs {
  const pairs: Record<string, string> = {}
  const wrong: number[] = []
  text.split('\n').forEach((line, i) => {
    if (line.trim() === '') return
    const at = line.indexOf(between)
    const name = line.slice(0, Math.max(at, 0)).trim()
    const value = line.slice(at + 1).trim()
    if (at < 0 || name === '' || value === '') wrong.push(i + 1)
    else pairs[name] = value
  })
  return { pairs, wrong }
}

export const textOfPairs = (pairs: Record<string, string> | null | undefined, between: '=' | ':'): string =>
  Object.entries(pairs ?? {})
    .map(([name, value]) => (between === ':' ? `${name}: ${value}` : `${name} = ${value}`))
    .join('\n')
