import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia, setActivePinia } from 'pinia'
import { defineComponent, h } from 'vue'
import { createMemoryHistory, createRouter, type Router } from 'vue-router'
import { i18n } from '@/locales/i18n'

// Runs a composable inside a component, with what the console gives to all of them; ends with `unmount`.

export async function routerAt(path: string): Promise<Router> {
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:rest(.*)*', component: { render: () => null } }] })
  await router.push(path)
  return router
}

export interface InScope<Result> {
  result: Result
  wrapper: VueWrapper
  unmount: () => void
}

export function inScope<Result>(use: () => Result, router?: Router): InScope<Result> {
  const pinia = createPinia()
  setActivePinia(pinia)
  let result!: Result
  const Host = defineComponent({
    setup() {
      result = use()
      return () => h('div')
    },
  })
  const wrapper = mount(Host, { global: { plugins: [pinia, i18n, ...(router ? [router] : [])] } })
  return { result, wrapper, unmount: () => wrapper.unmount() }
}
