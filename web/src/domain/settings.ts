// Settings as fields have them: a text or a flag for each, and what of it is changed.
import { linesOf } from './lines'

export type SettingType = 'flag' | 'text' | 'texts' | 'word' | 'integer' | 'usd' | 'secret'

export interface SettingLike {
  name: string
  type: SettingType
  value: unknown
  min?: number
  max?: number
}

export type Draft = string | boolean | null // null, of a secret: taken away

// What a field begins with. A secret is never there to be read: its field begins empty.
export function draftOf({ type, value }: SettingLike): Draft {
  if (type === 'flag') return value === true
  if (type === 'secret') return ''
  if (type === 'texts') return Array.isArray(value) ? value.join('\n') : ''
  return value === null || value === undefined ? '' : String(value)
}

export function isChanged(setting: SettingLike, draft: Draft): boolean {
  if (setting.type === 'texts') return linesOf(draft as string).join('\n') !== draftOf(setting)
  if (setting.type === 'secret' && draft === null) return setting.value === true
  return draft !== draftOf(setting)
}

export type Fault = 'wholeNumber' | 'range' | 'amount'

export function faultOf({ type, min, max }: SettingLike, draft: Draft): Fault | null {
  const text = typeof draft === 'string' ? draft.trim() : ''
  if (text === '') return null
  if (type === 'usd') return /^\d{1,10}(\.\d{1,9})?$/.test(text) ? null : 'amount'
  if (type !== 'integer') return null
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) return 'wholeNumber'
  return (min !== undefined && value < min) || (max !== undefined && value > max) ? 'range' : null
}

// What the API takes for it: nothing typed means unset.
function valueOf({ type }: SettingLike, draft: Draft): unknown {
  if (type === 'flag' || draft === null) return draft
  if (type === 'texts') return linesOf(draft as string)
  const text = type === 'text' ? (draft as string) : (draft as string).trim()
  if (type === 'integer') return text === '' ? null : Number(text)
  return type === 'usd' && text === '' ? null : text
}

export interface Change {
  setting: SettingLike
  draft: Draft
}

// "timeouts.connect_ms" is a member of "timeouts".
export function settingsBody(changes: readonly Change[]): Record<string, unknown> {
  const body: Record<string, Record<string, unknown> | unknown> = {}
  for (const { setting, draft } of changes) {
    const dot = setting.name.indexOf('.')
    if (dot < 0) {
      body[setting.name] = valueOf(setting, draft)
      continue
    }
    const whole = setting.name.slice(0, dot)
    body[whole] = { ...(body[whole] as Record<string, unknown> | undefined), [setting.name.slice(dot + 1)]: valueOf(setting, draft) }
  }
  return body
}

// "body_mask_patterns[0]" is said of body_mask_patterns.
export const settingOfField = (field: string): string => field.replace(/\[.*$/, '')

// The key of its texts: dots and plus signs cannot be in one.
export const textKey = (name: string): string => name.replace(/\./g, '_').replace(/\+/g, '_plus')
