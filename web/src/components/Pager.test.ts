import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { i18n } from '@/locales/i18n'
import Pager from './Pager.vue'

const pager = (props: { page: number; limit: number; total: number; atLeast?: boolean }) =>
  mount(Pager, { props, global: { plugins: [i18n] } })

it('goes back to the last page when the one that is shown is behind it', () => {
  expect(pager({ page: 3, limit: 20, total: 40 }).emitted('update:page')).toEqual([[2]])
  expect(pager({ page: 2, limit: 20, total: 40 }).emitted('update:page')).toBeUndefined()
})

it('stays where more may be than was counted, and while nothing is known', () => {
  expect(pager({ page: 120, limit: 20, total: 2000, atLeast: true }).emitted('update:page')).toBeUndefined()
  expect(pager({ page: 3, limit: 20, total: 0 }).emitted('update:page')).toBeUndefined()
})

it('has a next page only where there is one', () => {
  const disabled = (props: Parameters<typeof pager>[0]) => pager(props).findAll('button').map((button) => button.attributes('disabled') !== undefined)
  expect(disabled({ page: 1, limit: 20, total: 21 })).toEqual([true, false])
  expect(disabled({ page: 2, limit: 20, total: 21 })).toEqual([false, true])
})
