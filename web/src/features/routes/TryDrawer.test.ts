import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
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

it('shows no answer of a question that was changed meanwhile, and asks the new one', async () => {
  const answers: ((what: never) => void)[] = []
  const explain = vi.spyOn(explaining, 'explain').mockImplementation(() => new Promise((resolve) => answers.push(resolve)))
  await type('Model asked for', 'first')
  await press('Try it')
  await press('Try it') // once more while it is asked: nothing
  await type('Model asked for', 'second')
  answers[0]!({ ...ANSWER, models: [{ model: 'first', reason: null, accounts: [] }] } as never)
  await flushPromises()
  expect(drawer.text()).not.toContain('Explain')
  await press('Try it')
  answers[1]!(ANSWER as never)
  await flushPromises()
  expect(explain.mock.calls.map(([{ model }]) => model)).toEqual(['first', 'second'])
})

it('a failure goes with its question, and the way to Explain takes the whole question along', async () => {
  vi.spyOn(explaining, 'explain').mockRejectedValueOnce(new ApiError(503, 'service_away', 'away', {}, 'req-9')).mockResolvedValue(ANSWER as never)
  await type('Model asked for', 'm')
  await press('Try it')
  expect(document.body.textContent).toContain('req-9')
  await type('Input tokens', '2000')
  expect(document.body.textContent).not.toContain('req-9')
  drawer.findAllComponents({ name: 'Checkbox' })[0]!.vm.$emit('update:checked', true)
  await flushPromises()
  await press('Try it')
  const link = document.querySelector<HTMLAnchorElement>('a[href^="/explain"]')!
  expect(Object.fromEntries(new URL(link.href).searchParams)).toEqual({ key: '3', model: 'm', protocol: 'anthropic_messages', input_tokens: '2000', thinking: 'true' })
})
