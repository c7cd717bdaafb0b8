import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { i18n } from '@/locales/i18n'
import LogPager from './LogPager.vue'

it('newer leads to the page before this one, also where the browser went back meanwhile', async () => {
  const pager = mount(LogPager, { props: { shown: 20, total: 99, atLeast: false, cursor: '', next: 'a', searchedTo: null, limit: 20 }, global: { plugins: [i18n] } })
  const press = async (text: string) => {
    await pager.findAll('button').find((button) => button.text() === text)!.trigger('click')
    return pager.emitted('go')!.at(-1)![0]
  }
  expect(await press('Older')).toBe('a')
  await pager.setProps({ cursor: 'a', next: 'b' })
  expect(await press('Older')).toBe('b')
  await pager.setProps({ cursor: 'b', next: 'c' })
  await pager.setProps({ cursor: 'a', next: 'b' }) // the browser's Back
  expect(await press('Newer')).toBe('')
  await pager.setProps({ cursor: 'b', next: 'c' }) // and its Forward
  expect(await press('Newer')).toBe('a')
  pager.unmount()
})
