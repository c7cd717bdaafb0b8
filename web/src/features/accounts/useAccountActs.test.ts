import { flushPromises } from '@vue/test-utils'
import { beforeEach, expect, it, vi } from 'vitest'
import type { Account } from '@/api/accounts'
import { ApiError } from '@/api/errors'
import { inScope } from '@/testing/inScope'
import { useAccountActs } from './useAccountActs'

const said = vi.hoisted(() => ({ success: vi.fn<(text: string) => void>(), warning: vi.fn<(text: string) => void>(), error: vi.fn<(text: string) => void>() }))
vi.mock('naive-ui/es/message', async (original) => ({ ...(await original<object>()), useMessage: () => said }))
const api = vi.hoisted(() => ({ enableAccount: vi.fn<(id: number) => Promise<unknown>>(), deleteAccount: vi.fn<(id: number) => Promise<unknown>>() }))
vi.mock('@/api/accounts', async (original) => ({ ...(await original<object>()), ...api }))
vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const A = { id: 1, name: 'first' } as Account
const B = { id: 2, name: 'second' } as Account
const done = { data: undefined, revision: 0 }
const refused = new ApiError(503, 'service_away', 'away')

beforeEach(() => said.error.mockClear())

// An act on A that is under way, while B is asked about.
function askedMeanwhile() {
  let answer: (what: unknown) => void = () => undefined
  let refuse: (why: ApiError) => void = () => undefined
  api.enableAccount.mockReturnValueOnce(new Promise((resolve, reject) => ([answer, refuse] = [resolve, reject])))
  const acts = inScope(() => useAccountActs(() => undefined)).result
  acts.act('enable', A)
  acts.act('remove', B)
  return { ...acts, answer, refuse }
}

it('leaves the question about another account open when an act has ended', async () => {
  const { answer, asked, running } = askedMeanwhile()
  answer(done)
  await flushPromises()
  expect([asked.value?.account, running.value.size]).toEqual([B, 0])
})

it('tells of a failed act beside the question about another account', async () => {
  const { refuse, asked, error } = askedMeanwhile()
  refuse(refused)
  await flushPromises()
  expect([asked.value?.account, error.value]).toEqual([B, null])
  expect(said.error.mock.lastCall![0]).toContain('first · ')
})

it('says why where it was asked, and closes once it is done', async () => {
  api.deleteAccount.mockRejectedValueOnce(refused).mockResolvedValueOnce(done)
  const { act, confirm, asked, busy, error } = inScope(() => useAccountActs(() => undefined)).result
  act('remove', B)
  const removing = confirm()
  expect(busy.value).toBe(true)
  await removing
  expect([asked.value?.account, error.value, said.error.mock.calls.length]).toEqual([B, refused, 0])
  await confirm()
  expect([asked.value, error.value, api.deleteAccount.mock.calls.length]).toEqual([null, null, 2])
})
