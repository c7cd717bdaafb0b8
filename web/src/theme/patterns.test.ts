import { expect, it } from 'vitest'
import { dashOf, dashSwatchOf, decalOf, swatchOf } from './patterns'
import { light } from './tokens'

const PLACES = light.series.map((_, place) => place)

it('each series has stripes of its own, in the legend as on the bars', () => {
  const drawn = [...PLACES, 'other' as const].map((tone) => [JSON.stringify(decalOf(tone, light.card)), swatchOf(tone, '#123456', light.card)])
  expect(new Set(drawn.map(([decal]) => decal)).size).toBe(PLACES.length + 1)
  expect(new Set(drawn.map(([, swatch]) => swatch)).size).toBe(PLACES.length + 1)
})

it('the first is plain, and so is its place in the legend', () => {
  expect([decalOf(0, light.card), swatchOf(0, '#123456', light.card)]).toEqual([null, '#123456'])
  expect(swatchOf(1, '#123456', '#FFFFFF')).toBe('repeating-linear-gradient(0deg, #FFFFFF 0px 2px, #123456 2px 5px)')
})

it('what failed differs from what did not, and the seventh begins anew', () => {
  expect(decalOf('bad', light.card)).not.toEqual(decalOf(0, light.card))
  expect(decalOf(6, light.card)).toEqual(decalOf(0, light.card))
})

it('lines stand in the legend by their dashes', () => {
  expect(new Set(PLACES.map((place) => JSON.stringify(dashOf(place)))).size).toBe(PLACES.length)
  expect([dashOf(0), dashSwatchOf(0, '#123456')]).toEqual(['solid', '#123456'])
  expect(dashSwatchOf(3, '#123456')).toBe('repeating-linear-gradient(90deg, #123456 0px 8px, transparent 8px 11px, #123456 11px 13px, transparent 13px 16px)')
})
