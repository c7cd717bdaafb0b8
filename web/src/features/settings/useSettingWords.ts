import { useI18n } from 'vue-i18n'
import { exactCount, formatBytes, formatDurationMs } from '@/domain/numbers'
import { textKey } from '@/domain/settings'
import type { Row } from './useSettings'

// A setting in the reader's language; one that this console does not know yet, in the server's words.
export function useSettingWords() {
  const { t, te } = useI18n()
  const known = (key: string, otherwise: string) => (te(key) ? t(key) : otherwise)

  const labelOf = (row: Row) => known(`settings.names.${textKey(row.name)}`, row.name)
  const aboutOf = (row: Row) => known(`settings.effects.${textKey(row.name)}`, row.description)
  const choiceOf = (name: string, value: string) => known(`settings.choices.${name}.${value}`, value)
  const sectionOf = (section: string) => known(`settings.sections.${section}`, section)

  // "7 d", for what is counted in milliseconds or bytes; else empty.
  function spanOf(row: Row, typed: string): string {
    const value = Number(typed)
    if (typed.trim() === '' || !Number.isFinite(value)) return ''
    if (row.unit === 'ms') return formatDurationMs(value)
    return row.unit === 'bytes' && value >= 1024 ? formatBytes(value) : ''
  }

  // A value in words: "3600000 ms = 1 h".
  function valueOf(row: Row, typed: string): string {
    const span = spanOf(row, typed)
    return [typed, row.unit ?? '', span ? `= ${span}` : ''].filter(Boolean).join(' ')
  }

  // What holds while nothing is set, as it would be typed; a word in the reader's language.
  const unsetWord = (row: Row) => known(`settings.unset.${(row.when_unset ?? '').replace(/\W+/g, '_')}`, row.when_unset ?? '')
  const unsetOf = (row: Row) => (row.when_unset ? spanOf(row, row.when_unset) || unsetWord(row) : '')
  const boundOf = (row: Row, bound: number) => spanOf(row, String(bound)) || exactCount(bound)

  return { labelOf, aboutOf, choiceOf, sectionOf, spanOf, valueOf, unsetOf, unsetWord, boundOf }
}
