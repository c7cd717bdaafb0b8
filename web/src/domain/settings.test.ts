import { describe, expect, it } from 'vitest'
import { draftOf, faultOf, isChanged, settingOfField, settingsBody, textKey, type Draft, type SettingLike, type SettingType } from './settings'

const setting = (type: SettingType, value: unknown, more: Partial<SettingLike> = {}): SettingLike => ({ name: 'x', type, value, ...more })

describe('a setting in its field', () => {
  it.each([
    ['flag', true, true],
    ['flag', null, false],
    ['text', 'a\nb', 'a\nb'],
    ['texts', ['a', 'b'], 'a\nb'],
    ['word', 'open', 'open'],
    ['integer', null, ''],
    ['integer', 5, '5'],
    ['usd', '0.5', '0.5'],
    ['secret', true, ''],
  ] as [SettingType, unknown, Draft][])('%s %j begins as %j, unchanged', (type, value, draft) => {
    expect(draftOf(setting(type, value))).toBe(draft)
    expect(isChanged(setting(type, value), draft)).toBe(false)
  })

  it.each([
    ['flag', false, true, true],
    ['texts', ['a'], ' a \n\n', false],
    ['texts', ['a'], 'a\nb', true],
    ['secret', true, 'new', true],
    ['secret', true, null, true],
    ['secret', false, null, false],
    ['integer', 5, '', true],
  ] as [SettingType, unknown, Draft, boolean][])('%s %j with %j is changed: %s', (type, value, draft, changed) => {
    expect(isChanged(setting(type, value), draft)).toBe(changed)
  })

  it.each([
    ['integer', '', null],
    ['integer', '3', null],
    ['integer', '2', 'range'],
    ['integer', '101', 'range'],
    ['integer', '-3', 'wholeNumber'],
    ['integer', '3.5', 'wholeNumber'],
    ['integer', '9007199254740993', 'wholeNumber'],
    ['usd', '12.500000001', null],
    ['usd', '1e3', 'amount'],
    ['text', 'anything', null],
  ] as [SettingType, string, string | null][])('%s %j: %s', (type, draft, fault) => {
    expect(faultOf(setting(type, null, { min: 3, max: 100 }), draft)).toBe(fault)
  })
})

describe('what is saved', () => {
  it('has the changed ones only, parts inside their whole', () => {
    const changes = [
      { setting: setting('integer', null, { name: 'timeouts.connect_ms' }), draft: ' 9000 ' },
      { setting: setting('integer', 5, { name: 'timeouts.idle_ms' }), draft: '' },
      { setting: setting('texts', [], { name: 'tier_models.pro+' }), draft: 'a\n\n b ' },
      { setting: setting('flag', false, { name: 'bodies_forbidden' }), draft: true },
      { setting: setting('usd', '1', { name: 'drain_usd_max' }), draft: '' },
      { setting: setting('secret', true, { name: 'alert_secret' }), draft: null },
      { setting: setting('text', '', { name: 'system_prompt' }), draft: ' kept as typed ' },
    ]
    expect(settingsBody(changes)).toEqual({
      timeouts: { connect_ms: 9000, idle_ms: null },
      tier_models: { 'pro+': ['a', 'b'] },
      bodies_forbidden: true,
      drain_usd_max: null,
      alert_secret: null,
      system_prompt: ' kept as typed ',
    })
  })

  it('is refused by names that lead back to their field', () => {
    expect(['body_mask_patterns[0]', 'timeouts.idle_ms'].map(settingOfField)).toEqual(['body_mask_patterns', 'timeouts.idle_ms'])
    expect(['timeouts.idle_ms', 'tier_models.pro+'].map(textKey)).toEqual(['timeouts_idle_ms', 'tier_models_pro_plus'])
  })
})
