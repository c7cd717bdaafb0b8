import { mount } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { i18n } from '@/locales/i18n'
import CopyButton from './CopyButton.vue'

const button = (text: string) => mount(CopyButton, { props: { text }, global: { plugins: [i18n] }, attachTo: document.body })

it('copies without the clipboard API, as on plain HTTP, and leaves nothing behind', async () => {
  vi.stubGlobal('navigator', { ...navigator, clipboard: undefined })
  let copied = ''
  document.execCommand = vi.fn(() => {
    copied = window.getSelection()!.toString()
    return true
  })
  const wrapper = button('ck_secret')
  await wrapper.find('button').trigger('click')
  await vi.waitFor(() => expect(wrapper.text()).toBe('Copied'))
  expect(copied).toBe('ck_secret')
  expect(wrapper.html()).not.toContain('ck_secret')
  vi.unstubAllGlobals()
  wrapper.unmount()
})

it('says so when it cannot, and forgets what it said when the text is another', async () => {
  vi.stubGlobal('navigator', { ...navigator, clipboard: { writeText: () => Promise.reject(new Error('no')) } })
  document.execCommand = vi.fn(() => false)
  const wrapper = button('one')
  await wrapper.find('button').trigger('click')
  await vi.waitFor(() => expect(wrapper.text()).toContain('Cannot copy'))
  expect(wrapper.emitted('copied')).toBeUndefined()
  await wrapper.setProps({ text: 'two' })
  expect(wrapper.text()).toBe('Copy')
  vi.unstubAllGlobals()
  wrapper.unmount()
})
