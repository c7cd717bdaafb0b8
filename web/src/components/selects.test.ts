import { expect, it } from 'vitest'

const FILES = import.meta.glob<string>('../**/*.vue', { query: '?raw', import: 'default', eager: true })
const selects = Object.entries(FILES).flatMap(([path, text]) => [...text.matchAll(/<NSelect\b[^]*?\/>/g)].map(([tag]) => ({ path, tag })))

// Only a select that can be filtered has an input of its own, and with it a name for who does not see it.
it('each select has an input that is named', () => {
  expect(selects.length).toBeGreaterThan(10)
  expect(selects.filter(({ tag }) => !/\bfilterable\b/.test(tag) || !/:input-props=/.test(tag)).map(({ path }) => path)).toEqual([])
})
