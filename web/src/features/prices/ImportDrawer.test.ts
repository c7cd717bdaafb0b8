import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import * as api from '@/api/prices'
import { shown } from '@/testing/shown'
import ImportDrawer from './ImportDrawer.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

let drawer: VueWrapper
afterEach(() => drawer.unmount())

it('says that a file cannot be read, and leaves its field so that it can be chosen again', async () => {
  const compare = vi.spyOn(api, 'importPrices')
  drawer = await shown(ImportDrawer)
  const field = document.querySelector<HTMLInputElement>('input[type=file]')!
  const emptied = vi.spyOn(field, 'value', 'set')
  Object.defineProperty(field, 'files', { value: [{ name: 'a.csv', text: () => Promise.reject(new DOMException('gone', 'NotReadableError')) }] })
  field.dispatchEvent(new Event('change'))
  await flushPromises()
  expect([document.querySelector('.n-drawer [role=alert]')?.textContent?.includes('The file cannot be read.'), compare.mock.calls.length, emptied.mock.calls]).toEqual([true, 0, [['']]])
})
