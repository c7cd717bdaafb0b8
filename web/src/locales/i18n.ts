import { createI18n } from 'vue-i18n'
import type { Language } from '@/stores/ui'
import type { messages } from './en'

// Of one language only what is shown is loaded: first what nearly every page says, more before a page that needs it
// (app/routes.ts). Both languages have all texts (zh: typeof en), so that none stands in for the other.

export type Messages = typeof messages
type Part = 'first' | 'more'

const PARTS: Record<Language, Record<Part, () => Promise<object>>> = {
  en: { first: async () => (await import('./en/first')).first, more: async () => (await import('./en/more')).more },
  zh: { first: async () => (await import('./zh/first')).first, more: async () => (await import('./zh/more')).more },
}

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: {} as Record<string, Messages>,
  // A key that was put together and is not there: what it is called is shown, and each journey fails by the warning.
  missing: (language, key) => console.warn(`no text ${key} in ${language}`), // eslint-disable-line no-console
})

let spoken: Language = 'en'
const wanted = new Set<Part>(['first'])
const loaded = new Set<string>()

async function load(language: Language, part: Part) {
  const name = `${language}.${part}`
  if (loaded.has(name)) return
  const texts = await PARTS[language][part]()
  if (loaded.has(name)) return
  loaded.add(name)
  i18n.global.mergeLocaleMessage(language, texts)
}

export async function speak(language: Language) {
  spoken = language
  await Promise.all([...wanted].map((part) => load(language, part)))
  if (spoken !== language) return // another was chosen meanwhile
  i18n.global.locale.value = language
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}

// For who shows what is not among the first texts; a language that is chosen later brings them too.
export function needTexts(): Promise<void> {
  wanted.add('more')
  return load(spoken, 'more')
}
