import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it } from 'vitest'
import { useSession } from '@/stores/session'
import { shown } from '@/testing/shown'
import ShortcutHelp from './ShortcutHelp.vue'

let dialog: VueWrapper
afterEach(() => dialog.unmount())

async function pagesFor(role: 'admin' | 'user') {
  dialog = await shown(ShortcutHelp, { show: true })
  useSession().user = { role } as never
  await dialog.vm.$nextTick()
  return [...document.querySelectorAll('dt')].map((one) => one.textContent?.trim()).filter((key) => key?.startsWith('g '))
}

it.each([['admin', true], ['user', false]] as const)('%s: ways to what they may see', async (role, all) => {
  const keys = await pagesFor(role)
  expect(keys).toContain('g l')
  expect(keys.includes('g a')).toBe(all)
})
