import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { expect, it } from 'vitest'
import { i18n } from '@/locales/i18n'
import AllWell from './AllWell.vue'

const AT = '2026-11-22T09:12:00Z'
const shown = (props: object) =>
  mount(AllWell, { props: props, global: { plugins: [createPinia(), i18n] } })

it('says since when all has been well, and from when on anybody can tell', () => {
  const later = shown({ well: { since: AT, watched_since: '2026-11-20T00:00:00Z' } })
  expect(later.text()).toMatch(/All well since .*12/)
  expect(later.text()).not.toContain('watched')
  expect(later.get('time').attributes('datetime')).toContain('2026-11-22')
  expect(shown({ well: { since: AT, watched_since: AT } }).text()).toContain('watched since then')
})

it('makes no time up where it is not told', () => {
  for (const well of [undefined, { since: null, watched_since: AT }]) expect(shown({ well }).text()).toBe('✓ All well')
})
