import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import PageHeader from './PageHeader.vue'

it.each([
  [0, 'Keys 0'],
  [12, 'Keys 12'],
  [null, 'Keys –'],
  [undefined, 'Keys'],
])('a count of %j: %s', (count, words) => expect(mount(PageHeader, { props: { title: 'Keys', count } }).get('h1').text()).toBe(words))
