import { expect, it } from 'vitest'
import { darkTheme } from './dark'

const FILES = import.meta.glob<string>('../**/*.vue', { query: '?raw', import: 'default', eager: true })
const IMPORT = /import\s*\{([^}]*)\}\s*from\s*'naive-ui/g

// What stands inside of others: several things that are chosen.
const INSIDE: Record<string, string[]> = { Select: ['Tag'] }

// Parts that look as the whole does, or like nothing.
const PART_OF: Record<string, string | null> = { ConfigProvider: null, DrawerContent: 'Drawer', MessageProvider: 'Message' }

it('is there for each component that is used', () => {
  const used = new Set(
    Object.values(FILES)
      .flatMap((text) => [...text.matchAll(IMPORT)].flatMap((match) => match[1]!.split(',')))
      .flatMap((name) => /^N([A-Z]\w+)$/.exec(name.trim())?.[1] ?? [])
      .flatMap((name) => [name, ...(INSIDE[name] ?? [])])
      .flatMap((name) => (name in PART_OF ? (PART_OF[name] ?? []) : name)),
  )
  expect(used.size).toBeGreaterThan(8)
  expect([...used].filter((name) => !(name in darkTheme))).toEqual([])
})
