import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import * as api from '@/api/accounts'
import { ApiError } from '@/api/errors'
import type { Attention } from '@/domain/attention'
import { press, shown } from '@/testing/shown'
import AttentionList from './AttentionList.vue'

const said = vi.hoisted(() => ({ success: vi.fn<(text: string) => void>(), warning: vi.fn<(text: string) => void>(), error: vi.fn<(text: string) => void>() }))
vi.mock('naive-ui/es/message', async (original) => ({ ...(await original<object>()), useMessage: () => said }))

const LIMITED: Attention = { kind: 'warn', word: 'rate_limited', name: 'glm-2', detail: '', count: 0, until: null, to: '/accounts?id=7', act: 'open', checks: 7 }
const REFUSED: Attention = { ...LIMITED, kind: 'bad', word: 'account_exception', name: 'max-3', to: '/accounts?id=3&tab=configuration', act: 'replace', checks: 0 }
let list: VueWrapper
afterEach(() => list.unmount())

const checked = (answer: () => Promise<unknown>) => vi.spyOn(api, 'checkAccount').mockImplementation(answer as never)

it('names what each line leads to, and checks those that may be over', async () => {
  list = await shown(AttentionList, { lines: [REFUSED, LIMITED], known: true })
  expect(list.findAll('a').map((link) => [link.text(), link.attributes('href')])).toEqual([
    ['Replace credential', REFUSED.to],
    ['Open', LIMITED.to],
  ])
  expect(list.findAll('button').map((button) => button.attributes('aria-label'))).toEqual(['Check again: glm-2'])
})

it.each([
  ['success', 'glm-2 answers again', () => Promise.resolve({ data: { last_check: { ok: true } }, revision: 0 })],
  ['warning', 'glm-2 does not answer yet: still 429', () => Promise.resolve({ data: { last_check: { ok: false, reason: '', message: 'still 429' } }, revision: 0 })],
  ['error', 'glm-2 · ', () => Promise.reject(new ApiError(503, 'unavailable', 'no relay'))],
] as const)('says what a check found: %s', async (kind, words, answer) => {
  const ask = checked(answer)
  list = await shown(AttentionList, { lines: [LIMITED], known: true })
  await press('Check again')
  expect(ask.mock.calls).toEqual([[7]])
  expect(said[kind].mock.lastCall![0]).toContain(words)
  expect(list.emitted('checked')).toHaveLength(1)
})
