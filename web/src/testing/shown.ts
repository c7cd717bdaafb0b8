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
