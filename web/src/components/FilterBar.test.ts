import { mount, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { resets } from '@/composables/useUrlState'
import { i18n } from '@/locales/i18n'
import FilterBar from './FilterBar.vue'

let bar: VueWrapper
const field = () => bar.find<HTMLInputElement>('input')
const sent = () => bar.emitted('update:search') ?? []

beforeEach(() => {
  vi.useFakeTimers()
  bar = mount(FilterBar, { props: { search: '' }, global: { plugins: [i18n] } })
})
afterEach(() => bar.unmount())

it('asks once typing has paused, and without the space at its end', async () => {
  await field().setValue('a')
  vi.advanceTimersByTime(200)
  await field().setValue('ab ')
  vi.advanceTimersByTime(300)
  expect(sent()).toEqual([['ab']])
  await bar.setProps({ search: 'ab' })
  expect(field().element.value).toBe('ab ')
})

it('leaves alone whoever types on while the answer to the first words comes', async () => {
  await field().setValue('ab')
  vi.advanceTimersByTime(300)
  await field().setValue('abc')
  await bar.setProps({ search: 'ab' })
  expect(field().element.value).toBe('abc')
  vi.advanceTimersByTime(300)
  expect(sent()).toEqual([['ab'], ['abc']])
})

it('forgets what is being typed when the filters are cleared', async () => {
  await field().setValue('ab')
  resets.value += 1
  await bar.vm.$nextTick()
  vi.advanceTimersByTime(1_000)
  expect([field().element.value, sent()]).toEqual(['', []])
})

it('forgets it when Back brings another search, or the page is left', async () => {
  await field().setValue('ab')
  await bar.setProps({ search: 'old' })
  vi.advanceTimersByTime(1_000)
  expect([field().element.value, sent()]).toEqual(['old', []])
  await field().setValue('older')
  bar.unmount()
  vi.advanceTimersByTime(1_000)
  expect(sent()).toEqual([])
})
