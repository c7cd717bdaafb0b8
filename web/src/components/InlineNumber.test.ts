import { mount } from '@vue/test-utils'
import { createI18n } from 'vue-i18n'
import { expect, it } from 'vitest'
import { messages } from '@/locales/en'
import InlineNumber from './InlineNumber.vue'

const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: messages } })
const at = () => mount(InlineNumber, { props: { value: 10, label: 'Priority', min: 0, max: 1000 }, global: { plugins: [i18n] }, attachTo: document.body })

async function type(wrapper: ReturnType<typeof at>, text: string, key: string) {
  await wrapper.get('button').trigger('click')
  await wrapper.get('input').setValue(text)
  await wrapper.get('input').trigger('keydown', { key })
}

it.each([
  ['20', 'Enter', [[20]]],
  ['10', 'Enter', undefined],
  ['20', 'Escape', undefined],
  ['1001', 'Enter', undefined],
  ['', 'Enter', undefined],
  ['-3', 'Enter', undefined],
  ['1.5', 'Enter', undefined],
])('%j and %s', async (text, key, saved) => {
  const wrapper = at()
  await type(wrapper, text, key)
  expect(wrapper.emitted('save')).toEqual(saved)
})

it('keeps what is fine when it is left, and drops what is not', async () => {
  for (const [text, saved] of [['30', [[30]]], ['5000', undefined]] as const) {
    const wrapper = at()
    await wrapper.get('button').trigger('click')
    await wrapper.get('input').setValue(text)
    await wrapper.get('input').trigger('blur')
    expect(wrapper.emitted('save')).toEqual(saved)
    expect(wrapper.find('input').exists()).toBe(false)
  }
})
