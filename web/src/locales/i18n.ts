import { createI18n } from 'vue-i18n'
import type { Language } from '@/stores/ui'
import { messages as en } from './en'

// English comes with the first chunk, since it stands in for what Chinese might lack; Chinese when chosen.

export type Messages = typeof en

export const i18n = createI18n({
  legacy: false,
  locale: 'en',
  fallbackLocale: 'en',
  messages: { en } as Record<string, Messages>,
  // A key that was put together and is not there: what it is called is shown, and each journey fails by the warning.
  missing: (language, key) => console.warn(`no text ${key} in ${language}`), // eslint-disable-line no-console
})

export async function speak(language: Language) {
  if (language === 'zh' && !i18n.global.availableLocales.includes('zh')) {
    i18n.global.setLocaleMessage('zh', (await import('./zh')).messages)
  }
  i18n.global.locale.value = language
  document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
}
