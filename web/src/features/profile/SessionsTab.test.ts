import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import * as profile from '@/api/profile'
import { asking, press, shown } from '@/testing/shown'
import SessionsTab from './SessionsTab.vue'

const AT = '2026-05-03T12:00:00Z'
const session = (id: string, current = false) => ({ id, current, client_ip: '10.0.0.7', user_agent: 'curl/8', created_at: AT, last_seen_at: AT, expires_at: AT })
let tab: VueWrapper

beforeEach(async () => {
  vi.spyOn(profile, 'listSessions').mockResolvedValue({ data: [session('a', true), session('b'), session('c')] } as never)
  tab = await shown(SessionsTab)
})
afterEach(() => tab.unmount())

it('asks before another log-in ends', async () => {
  const end = vi.spyOn(profile, 'endSession').mockResolvedValue(undefined as never)
  await press('End')
  expect([asking()!.textContent?.includes('10.0.0.7'), end.mock.calls.length]).toEqual([true, 0])
  await press('End log-in')
  expect(end.mock.calls).toEqual([['b']])
})

it('asks before all others end, with how many they are', async () => {
  const end = vi.spyOn(profile, 'endOtherSessions').mockResolvedValue(undefined as never)
  await press('End all others')
  expect([asking()!.textContent?.includes('End 2 other log-ins?'), end.mock.calls.length]).toEqual([true, 0])
  await press('End all others')
  expect(end).toHaveBeenCalledTimes(1)
})
