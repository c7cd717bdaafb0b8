import { describe, expect, it } from 'vitest'
import { messages as en } from './en'
import { messages as zh } from './zh'

// What no compiler sees: keys that are put together, names of values that differ.

interface Tree {
  [name: string]: string | Tree
}

function leaves(tree: Tree, prefix = ''): [string, string][] {
  return Object.entries(tree).flatMap(([name, value]) => {
    const key = prefix ? `${prefix}.${name}` : name
    return typeof value === 'string' ? ([[key, value]] as [string, string][]) : leaves(value, key)
  })
}

const EN = new Map(leaves(en as unknown as Tree))
const ZH = new Map(leaves(zh as unknown as Tree))
const FILES = import.meta.glob<string>(['../**/*.{vue,ts}', '!../locales/**', '!../testing/**', '!../**/*.test.ts', '!../**/*.gen.ts'], {
  query: '?raw',
  import: 'default',
  eager: true,
})
const CODE = Object.values(FILES).join('\n')

// t('a.b') and te('a.b'): whole keys. `a.${x}.b`: a pattern for many.
const CALLED = [...CODE.matchAll(/\bte?\(\s*'([a-zA-Z][\w.]*)'/g)].map((match) => match[1]!)
const QUOTED = new Set([...CODE.matchAll(/'([a-zA-Z]\w*(?:\.\w+)+|yes|no)'/g)].map((match) => match[1]!))
const escaped = (text: string) => text.replace(/[.*+?^$()|[\]\\]/g, '\\$&')
const PATTERNS = [...new Set([...CODE.matchAll(/`([a-zA-Z]\w*\.[^`\s]*\$\{[^`]*)`/g)].map((match) => match[1]!))].filter((text) => text.split('.')[0]! in en).map(
  (text) => new RegExp(`^${text.split(/\$\{(?:[^{}]|\{[^{}]*\})*\}/).map(escaped).join('[^]+')}$`),
)

const names = (text: string) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!))].sort()

describe('texts', () => {
  it('are there for each key that is asked for', () => {
    expect(CALLED.length).toBeGreaterThan(100)
    expect([...new Set(CALLED)].filter((key) => !EN.has(key))).toEqual([])
  })

  it('are there for each key that is put together', () => {
    expect(PATTERNS.length).toBeGreaterThan(10)
    expect(PATTERNS.filter((pattern) => ![...EN.keys()].some((key) => pattern.test(key))).map(String)).toEqual([])
  })

  it('are all shown somewhere', () => {
    expect([...EN.keys()].filter((key) => !QUOTED.has(key) && !PATTERNS.some((pattern) => pattern.test(key)))).toEqual([])
  })

  it('are the same in both languages, with the same values in them', () => {
    expect([...ZH.keys()]).toEqual([...EN.keys()])
    const differing = [...EN].filter(([key, text]) => {
      const [mine, theirs] = [names(text), names(ZH.get(key)!)]
      return JSON.stringify(mine) !== JSON.stringify(theirs)
    })
    expect(differing.map(([key]) => key)).toEqual([])
  })

  it('are not empty, and no Chinese is left in English', () => {
    expect([...EN, ...ZH].filter(([, text]) => text.trim() === '').map(([key]) => key)).toEqual([])
    expect([...EN].filter(([, text]) => /\p{Script=Han}/u.test(text)).map(([key]) => key)).toEqual([])
  })
})
