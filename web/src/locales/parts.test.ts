import { describe, expect, it } from 'vitest'
import { more } from './en/more'

// What no compiler sees: that a page which says something of `more` waits for it (app/routes.ts, worded).

const FILES = import.meta.glob<string>(['../**/*.{vue,ts}', '!../locales/**', '!../**/*.test.ts', '!../**/*.gen.ts'], { query: '?raw', import: 'default', eager: true })
const CODE = new Map(Object.entries(FILES).map(([path, text]) => [path.replace('../', ''), text]))
const MORE = new RegExp(`['"\`](${Object.keys(more).join('|')})\\.[\\w.$]`)

function fileOf(name: string, from: string): string | undefined {
  const path = name.startsWith('@/') ? name.slice(2) : new URL(name, `file:///${from}`).pathname.slice(1)
  return ['', '.ts', '.vue', '/index.ts'].map((ending) => path + ending).find((file) => CODE.has(file))
}

// All that is loaded with a file, now or later; types are not.
function whole(start: string, without: string[] = []): string[] {
  const found = new Set<string>()
  const left = [start]
  for (let file = left.pop(); file !== undefined; file = left.pop()) {
    if (found.has(file) || without.includes(file)) continue
    found.add(file)
    const names = [...CODE.get(file)!.matchAll(/^(?!import type).*?(?:\bfrom|\bimport)\s*\(?\s*'([@.][^']+)'/gm)]
    left.push(...names.flatMap((match) => fileOf(match[1]!, file!) ?? []))
  }
  return [...found]
}

// Whoever calls needTexts() says for itself what holds until they have come.
const saysMore = (file: string) => MORE.test(CODE.get(file)!) && !CODE.get(file)!.includes('needTexts()')
const PAGES = [...CODE.get('app/routes.ts')!.matchAll(/component: (worded\()?\(\) => import\('([^']+)'\)/g)].map((match) => ({ worded: !!match[1], file: fileOf(match[2]!, 'app/routes.ts')! }))
const TEXTS_ALONE = new Set(['composables/useFieldWords.ts'])

describe('texts that are loaded later', () => {
  it('are seen by this test', () => {
    expect(PAGES.length).toBeGreaterThan(15)
    expect(whole('features/settings/SettingsPage.vue').filter(saysMore).length).toBeGreaterThan(3)
    expect([...CODE].filter(([, text]) => text.includes('needTexts()')).map(([path]) => path).filter((path) => !/^(app|testing)\//.test(path))).toEqual([...TEXTS_ALONE])
  })

  it('are not said by what stands around all pages', () => {
    expect(whole('main.ts', PAGES.map(({ file }) => file)).filter((file) => file !== 'app/routes.ts' && saysMore(file))).toEqual([])
  })

  it.each(PAGES)('$file says them only where it waits for them: $worded', ({ worded, file }) => {
    const saying = whole(file).filter(saysMore)
    if (worded) expect(saying.length).toBeGreaterThan(0)
    else expect(saying).toEqual([])
  })
})
