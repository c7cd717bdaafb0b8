import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { inScope } from '@/testing/inScope'
import { useLogKeys } from './useLogKeys'

const acts = { move: vi.fn(), copy: vi.fn() }
let opened = ''
let end: () => void

beforeEach(() => {
  opened = ''
  document.body.innerHTML = '<table><tr data-id="r7" tabindex="0"><td></td></tr></table><input>'
  end = inScope(() => useLogKeys({ ...acts, open: () => opened })).unmount
})
afterEach(() => {
  end()
  Object.values(acts).forEach((act) => act.mockClear())
})

const press = (key: string, at: Element = document.body) => at.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))

it('moves the range earlier and later, not while somebody types', () => {
  press('[')
  press(']')
  press('[', document.querySelector('input')!)
  expect(acts.move.mock.calls).toEqual([[-1], [1]])
})

it('takes brackets that are typed with AltGr, and leaves Ctrl to the browser', () => {
  const held = (key: string, modifierAltGraph: boolean) => {
    const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ctrlKey: true, altKey: modifierAltGraph })
    vi.spyOn(event, 'getModifierState').mockImplementation((name) => name === 'AltGraph' && modifierAltGraph)
    document.body.dispatchEvent(event)
  }
  held('[', true)
  held(']', false)
  expect(acts.move.mock.calls).toEqual([[-1]])
})

it('copies the id of what is open, else of the row that has the keyboard', () => {
  press('c')
  press('c', document.querySelector('tr')!)
  opened = 'r9'
  press('c', document.querySelector('tr')!)
  expect(acts.copy.mock.calls).toEqual([['r7'], ['r9']])
})

it('leaves keys to a dialog over the page', () => {
  opened = 'r9'
  document.body.insertAdjacentHTML('beforeend', '<div role="alertdialog"></div>')
  press('c')
  expect(acts.copy).not.toHaveBeenCalled()
})
