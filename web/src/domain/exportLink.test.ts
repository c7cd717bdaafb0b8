import { expect, it } from 'vitest'
import { exportCurl, exportPath, sumsCurl } from './exportLink'

it('repeats names, leaves out what is not set, escapes what others have named', () => {
  const path = exportPath({ model: ['a', 'b&c'], key_id: [7], tz: 'Europe/Berlin', search: '', complete: false, from: undefined }, 'csv')
  expect(path).toBe('/api/v1/usage/export?model=a&model=b%26c&key_id=7&tz=Europe%2FBerlin&complete=false&format=csv')
})

it('a name with a quote stays inside the quotes of the shell', () => {
  const text = exportCurl('https://weir.example', { search: "a'; rm -rf ~ '" }, 'jsonl')
  expect(text).toContain("https://weir.example/api/v1/usage/export?search=a%27%3B+rm+-rf+%7E+%27&format=jsonl'")
  expect(exportCurl("https://x'y", {}, 'csv')).toContain(`'https://x'\\''y/`)
})

it('asks for sums by what the table groups by', () => {
  const text = sumsCurl('https://weir.example', { from: '2026-11-01', model: ['a'], tz: 'UTC' }, ['user', 'model'])
  expect(text).toContain("'https://weir.example/api/v1/usage/summary?from=2026-11-01&model=a&tz=UTC&by=user&by=model'")
})
