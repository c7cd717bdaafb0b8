import { mount } from '@vue/test-utils'
import { createI18n } from 'vue-i18n'
import { expect, it } from 'vitest'
import { messages } from '@/locales/en'
import InlineNumber from './InlineNumber.vue'

const i18n = createI18n({ legacy: false, locale: 'en', messages: { en: messages } })
const at = (onEdit?: (begun: boolean) => void) =>
  mount(InlineNumber, { props: { value: 10, label: 'Priority', min: 0, max: 1000, onEdit }, global: { plugins: [i18n] }, attachTo: document.body })

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

it('is dropped when it is left, however fine: it may be half a number', async () => {
  for (const text of ['30', '5000']) {
    const wrapper = at()
    await wrapper.get('button').trigger('click')
    await wrapper.get('input').setValue(text)
    await wrapper.get('input').trigger('blur')
    expect(wrapper.emitted('save')).toBeUndefined()
    expect(wrapper.find('input').exists()).toBe(false)
    expect(wrapper.get('button').text()).toBe('10')
  }
})

it('says while it is being changed, also when it goes meanwhile', async () => {
  const said: boolean[] = []
  const wrapper = at((begun) => said.push(begun))
  await wrapper.get('button').trigger('click')
  await wrapper.get('input').trigger('blur')
  await wrapper.get('button').trigger('click')
  wrapper.unmount()
  expect(said).toEqual([true, false, true, false])
})
