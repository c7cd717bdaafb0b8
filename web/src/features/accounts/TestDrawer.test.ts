import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import * as api from '@/api/accounts'
import { ApiError } from '@/api/errors'
import { asksFirst, press, shown, type } from '@/testing/shown'
import TestDrawer from './TestDrawer.vue'

let drawer: VueWrapper
beforeEach(async () => {
  vi.spyOn(api, 'getAccount').mockRejectedValue(new ApiError(503, 'service_away', 'away'))
  drawer = await shown(TestDrawer, { id: 7, running: false })
})
afterEach(() => drawer.unmount())

it('asks about a prompt that was typed and not sent, and about no other', async () => {
  vi.spyOn(api, 'testAccount').mockRejectedValue(new ApiError(503, 'service_away', 'no relay'))
  await type('Prompt', '   ')
  expect(asksFirst(drawer)).toBe(false)
  await type('Prompt', 'Say hello')
  expect(asksFirst(drawer)).toBe(true)
  await press('Send')
  expect(asksFirst(drawer)).toBe(false)
  await type('Prompt', 'Say hello again')
  expect(asksFirst(drawer)).toBe(true)
})

it('a running test is stopped by what closes the drawer, which stays', async () => {
  const signals: AbortSignal[] = []
  vi.spyOn(api, 'testAccount').mockImplementation((_id, _body, _sink, signal) => {
    signals.push(signal)
    return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError'))))
  })
  await type('Prompt', 'Say hello')
  await press('Send')
  document.querySelector<HTMLElement>('.n-drawer [aria-label=close]')!.click()
  expect([signals[0]!.aborted, drawer.emitted('close')]).toEqual([true, undefined])
})
