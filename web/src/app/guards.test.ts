import { expect, it } from 'vitest'
import { safeNext } from './guards'

it.each([
  ['/keys?id=3', '/keys?id=3'],
  ['/', '/'],
  ['//evil.example', '/'],
  ['/\\evil.example', '/'],
  ['https://evil.example', '/'],
  ['javascript:alert(1)', '/'],
  ['keys', '/'],
  ['', '/'],
  [undefined, '/'],
  [['/a', '/b'], '/'],
])('goes on to %s as %s: this site alone', (next, path) => {
  expect(safeNext(next)).toBe(path)
})
