import type { VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import * as explaining from '@/api/explain'
import * as keys from '@/api/keys'
import { asksFirst, press, shown, type } from '@/testing/shown'
import TryDrawer from './TryDrawer.vue'

const KEY = { id: 3, name: 'mine', key_hint: 'ck_…1', group_id: 1 }
const ANSWER = { model: 'm', would_serve: true, refused: null, chosen: null, accounts: [], upstream_model: 'm', models: [] }
let drawer: VueWrapper
beforeEach(async () => {
  vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [KEY], total: 1, page: 1, limit: 50 } as never)
  vi.spyOn(keys, 'getKey').mockResolvedValue(KEY as never)
  drawer = await shown(TryDrawer, { routes: [], groupName: () => 'default' })
})
afterEach(() => drawer.unmount())

it('asks about a model that was typed and not tried, and no more once it was answered', async () => {
  vi.spyOn(explaining, 'explain').mockResolvedValue(ANSWER as never)
  expect(asksFirst(drawer)).toBe(false)
  await type('Model asked for', 'claude-opus-4-5')
  expect(asksFirst(drawer)).toBe(true)
  await press('Try it')
  expect(asksFirst(drawer)).toBe(false)
  await type('Input tokens', '2000') // another question, not asked yet
  expect(asksFirst(drawer)).toBe(true)
})
