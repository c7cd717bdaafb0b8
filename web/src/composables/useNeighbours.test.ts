import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { afterEach, expect, it, vi } from 'vitest'
import { defineComponent, h } from 'vue'
import { useNeighbour, useNeighbours } from './useNeighbours'

const go = vi.fn()
let leave = (then: () => void) => then()
let unmount = () => undefined as void

function page(opened: number, browses = true) {
  const Drawer = defineComponent(() => {
    const { of } = useNeighbour(() => browses, (then) => leave(then))
    return () => h('p', `${of(-1)} ${of(1)}`)
  })
  const Page = defineComponent(() => {
    useNeighbours(() => [{ id: 4 }, { id: 9 }, { id: 2 }], () => opened, go)
    return () => h(Drawer)
  })
  const mounted = mount(Page, { global: { plugins: [createPinia()] } })
  unmount = () => mounted.unmount()
  return mounted.text()
}

const press = (key: string) => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))

afterEach(() => {
  unmount()
  go.mockClear()
  leave = (then) => then()
  document.body.innerHTML = ''
})

it('knows the rows before and after, in the order of the list', () => {
  expect(page(9)).toBe('4 2')
  unmount()
  expect(page(4)).toBe('null 9')
  unmount()
  expect(page(77)).toBe('null null')
})

it('goes there by j and k, and nowhere at an end', () => {
  page(4)
  press('k')
  expect(go).not.toHaveBeenCalled()
  press('j')
  expect(go.mock.calls).toEqual([[9]])
})

it('asks before something is lost', () => {
  leave = () => undefined
  page(9)
  press('j')
  expect(go).not.toHaveBeenCalled()
})

it('is silent in a drawer that no row opened, and below a dialog', () => {
  page(9, false)
  press('j')
  unmount()
  page(9)
  document.body.insertAdjacentHTML('beforeend', '<div role="alertdialog"></div>')
  press('j')
  expect(go).not.toHaveBeenCalled()
})
