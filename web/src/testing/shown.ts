import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import type { Component } from 'vue'
import { i18n } from '@/locales/i18n'
import { routerAt } from './inScope'

// A component in the document, with what the console gives to all of them; dialogs stand beside it, in the body.
export async function shown(component: Component, props: Record<string, unknown> = {}, path = '/'): Promise<VueWrapper> {
  const wrapper = mount(component, { props, global: { plugins: [createPinia(), i18n, await routerAt(path)] }, attachTo: document.body })
  await flushPromises()
  return wrapper
}

export const asking = () => document.querySelector<HTMLElement>('[role=alertdialog]')

// The button of the dialog that asks, or of the page where none does.
export async function press(text: string) {
  const buttons = [...(asking() ?? document).querySelectorAll<HTMLButtonElement>('button')]
  buttons.find((button) => button.textContent?.trim() === text)!.click()
  await flushPromises()
}

// The field under that label: the nth of several.
export function fieldOf(label: string, nth = 0) {
  const labels = [...document.querySelectorAll<HTMLLabelElement>('label[for]')].filter((one) => one.textContent?.trim() === label)
  return document.getElementById(labels[nth]!.htmlFor) as HTMLInputElement | HTMLTextAreaElement
}

export async function type(label: string, text: string, nth = 0) {
  const field = fieldOf(label, nth)
  field.value = text
  field.dispatchEvent(new Event('input'))
  await flushPromises()
}

// What a drawer asks about before it closes, or is left by a link, Back or a reload (components/dialogs.test.ts).
export const asksFirst = (drawer: VueWrapper) => drawer.findComponent({ name: 'SideDrawer' }).props('dirty') as boolean
