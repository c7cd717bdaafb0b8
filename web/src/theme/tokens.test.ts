import { describe, expect, it } from 'vitest'
import { cssVariables, dark, light, type Tokens } from './tokens'

// WCAG 2.2, relative luminance and contrast ratio.
function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((at) => {
    const c = parseInt(colour.slice(at, at + 2), 16) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!
}

function ratio(a: string, b: string): number {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x)
  return (high! + 0.05) / (low! + 0.05)
}

describe.each([
  ['light', light],
  ['dark', dark],
] as [string, Tokens][])('%s', (_, t) => {
  const grounds = [t.page, t.card, t.sunken]

  it.each(['text1', 'text2', 'text3', 'accent'] as const)('%s can be read on every ground', (name) => {
    for (const ground of grounds) expect(ratio(t[name], ground)).toBeGreaterThanOrEqual(4.5)
  })

  it('text can be read on rows under the pointer and selected ones', () => {
    for (const ground of [t.hover, t.selected]) expect(ratio(t.text3, ground)).toBeGreaterThanOrEqual(4.5)
  })

  it.each(['good', 'warn', 'bad', 'off', 'info'] as const)('%s can be read on its tint and on a card', (name) => {
    expect(ratio(t[name].text, t[name].tint)).toBeGreaterThanOrEqual(4.5)
    expect(ratio(t[name].text, t.card)).toBeGreaterThanOrEqual(4.5)
  })

  it('buttons can be read', () => {
    expect(ratio(t.onAccent, t.accent)).toBeGreaterThanOrEqual(4.5)
    expect(ratio(t.onDanger, t.danger)).toBeGreaterThanOrEqual(4.5)
  })

  it('borders of controls and lines of charts are seen', () => {
    for (const ground of grounds) expect(ratio(t.control, ground)).toBeGreaterThanOrEqual(3)
    for (const colour of [...t.series, t.other]) expect(ratio(colour, t.card)).toBeGreaterThanOrEqual(3)
  })
})

it('names variables as the style sheets do', () => {
  const names = cssVariables(light).map(([name]) => name)
  expect(names).toContain('--text-1')
  expect(names).toContain('--on-accent')
  expect(names).toContain('--good-tint')
  expect(names).toContain('--series-6')
})
