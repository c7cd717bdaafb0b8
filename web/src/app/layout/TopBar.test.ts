import { flushPromises, mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { NMessageProvider } from 'naive-ui'
import { h } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { afterEach, expect, it, vi } from 'vitest'
import { mayLeave, useUnsaved } from '@/composables/useUnsaved'
import { i18n } from '@/locales/i18n'
import { useSession } from '@/stores/session'
import { useStatus } from '@/stores/status'
import { shown } from '@/testing/shown'
import { askToLeave } from '../guards'
import TopBar from './TopBar.vue'

let page: VueWrapper
afterEach(() => {
  page.unmount()
  vi.unstubAllGlobals()
})

// A page with a form that is not saved, under the router's own guards.
async function logOut(leave: boolean) {
  const confirm = vi.fn(() => leave)
  vi.stubGlobal('confirm', confirm)
  const Form = { setup: () => (useUnsaved(() => true), () => h(NMessageProvider, () => h(TopBar, { menuOpen: false }))) }
  const pinia = createPinia()
  const router = createRouter({ history: createMemoryHistory(), routes: [{ path: '/:page?', component: Form }, { path: '/login', name: 'login', component: Form }] })
  const session = useSession(pinia)
  const ended = vi.spyOn(session, 'logOut').mockResolvedValue()
  page = mount(Form, { global: { plugins: [pinia, i18n, router] }, attachTo: document.body })
  await router.push('/')
  router.beforeEach((to) => mayLeave(to, askToLeave))
  await page.find('.you').trigger('click')
  await flushPromises()
  const buttons = [...document.querySelectorAll<HTMLButtonElement>('.panel button')]
  buttons.at(-1)!.click()
  await flushPromises()
  return { asked: confirm.mock.calls.length, ended: ended.mock.calls.length }
}

it('asks about what is not saved before the log-in is over', async () => {
  expect(await logOut(false)).toEqual({ asked: 1, ended: 0 })
})

it('asks about it once', async () => {
  expect(await logOut(true)).toEqual({ asked: 1, ended: 1 })
})

it('counts a relay that has gone among those that have not the revision', async () => {
  const relay = { connected: true, revision: 7, nacked_revision: null }
  page = await shown({ render: () => h(NMessageProvider, () => h(TopBar, { menuOpen: false })) })
  useSession().user = { role: 'admin' } as never
  useStatus().status = { status: 'ok', revision: 7, relays: [relay, relay, { ...relay, connected: false }] } as never
  await flushPromises()
  expect(page.text()).toContain('revision 7 on 2/3 relays')
})
