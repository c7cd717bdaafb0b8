import { expect, it, vi } from 'vitest'
import * as api from '@/api/accounts'
import { ApiError } from '@/api/errors'
import { inScope } from '@/testing/inScope'
import { useAccountForm } from './useAccountForm'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const ACCOUNT = {
  id: 1, version: 1, name: 'a', platform_type: 'claude', credential_type: 'api_key', request_url: 'https://a.example', group_ids: [1], priority: 10, weight: 100, has_secret: true,
} as unknown as api.Account
const stale = new ApiError(412, 'conflict', 'it was changed meanwhile')

it('finds no conflict where theirs was taken and nobody changed it since', async () => {
  const there = vi.spyOn(api, 'getAccount').mockResolvedValue({ ...ACCOUNT, version: 2, priority: 30 })
  const change = vi.spyOn(api, 'changeAccount').mockRejectedValueOnce(stale).mockRejectedValueOnce(stale).mockResolvedValue({ data: ACCOUNT, revision: 0 } as never)
  const { values, submit, theirs, takeTheirs } = inScope(() => useAccountForm(ACCOUNT)).result
  values.priority = '20'
  expect(await submit()).toBe(false)
  expect(theirs.value?.priority).toBe(30)
  takeTheirs()
  values.priority = '40'
  there.mockResolvedValue({ ...ACCOUNT, version: 3, priority: 30 }) // a relay has looked at it
  expect(await submit()).toBe(true)
  expect([theirs.value, change.mock.lastCall]).toEqual([null, [1, 3, { priority: 40 }]])
})

it('begins a new one of a platform with what that usually has, and sends it', async () => {
  const create = vi.spyOn(api, 'createAccount').mockResolvedValue({ data: ACCOUNT, revision: 0 } as never)
  const { values, dirty, submit } = inScope(() => useAccountForm(null, 'ollama')).result
  expect([values.request_url, values.credential_type, dirty.value]).toEqual(['http://127.0.0.1:11434', 'none', false])
  values.name = 'at home'
  expect(await submit()).toBe(true)
  expect(create.mock.lastCall![0]).toEqual({ name: 'at home', platform_type: 'ollama', request_url: 'http://127.0.0.1:11434', credential_type: 'none', group_ids: [1] })
})
