import type { Tone } from './echarts'

// What tells the series of a chart apart where their colours do not: on paper, and for who asks for it. The same stripes
// are drawn on the bars and, as CSS, in the legend.

interface Stripes {
  degrees: 0 | 45 | 90 // lying, rising, upright
  on: number
  off: number // px
}

const SERIES: (Stripes | null)[] = [
  null,
  { degrees: 0, on: 2, off: 3 },
  { degrees: 90, on: 2, off: 3 },
  { degrees: 45, on: 2, off: 2 },
  { degrees: 0, on: 4, off: 7 },
  { degrees: 90, on: 4, off: 7 },
]
const NAMED: Record<Exclude<Tone, number>, Stripes | null> = {
  good: null,
  warn: { degrees: 0, on: 3, off: 5 },
  bad: { degrees: 45, on: 3, off: 5 },
  off: { degrees: 90, on: 3, off: 5 },
  other: { degrees: 45, on: 4, off: 8 },
}
const DASHES: (number[] | null)[] = [null, [6, 3], [2, 3], [8, 3, 2, 3], [4, 4], [1, 2]]

const stripesOf = (tone: Tone) => (typeof tone === 'number' ? SERIES[tone % SERIES.length]! : NAMED[tone])

// As ECharts draws it over the colour of a bar; null: nothing over it.
export function decalOf(tone: Tone, ground: string) {
  const stripes = stripesOf(tone)
  if (!stripes) return null
  return { symbol: 'rect', color: ground, dashArrayX: [1, 0], dashArrayY: [stripes.on, stripes.off], rotation: (-stripes.degrees * Math.PI) / 180 }
}

export const dashOf = (place: number) => DASHES[place % DASHES.length] ?? ('solid' as const)

// From start to start of what repeats: "red 0px 2px, blue 2px 5px".
function bands(colours: string[], lengths: number[]): string {
  let at = 0
  return lengths.map((length, i) => `${colours[i % colours.length]} ${at}px ${(at += length)}px`).join(', ')
}

export function swatchOf(tone: Tone, colour: string, ground: string): string {
  const stripes = stripesOf(tone)
  if (!stripes) return colour
  return `repeating-linear-gradient(${stripes.degrees === 45 ? -45 : stripes.degrees}deg, ${bands([ground, colour], [stripes.on, stripes.off])})`
}

export function dashSwatchOf(place: number, colour: string): string {
  const dash = DASHES[place % DASHES.length]
  return dash ? `repeating-linear-gradient(90deg, ${bands([colour, 'transparent'], dash)})` : colour
}
