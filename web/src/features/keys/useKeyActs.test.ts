import { flushPromises } from '@vue/test-utils'
import { expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as api from '@/api/keys'
import { inScope } from '@/testing/inScope'
import { rowActs, type KeyAct } from './keyActs'
import { useKeyActs } from './useKeyActs'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const KEY = { id: 7, name: 'ci', status: 'active' } as api.Key
const answered = { data: KEY, revision: 3 } as never

function acts() {
  const done = vi.fn<(act: KeyAct, key: api.Key) => void>()
  const made = vi.fn<(key: api.KeyWithText) => void>()
  return { ...inScope(() => useKeyActs(done, made)).result, done, made }
}

it('stops nothing before it is confirmed', async () => {
  const disable = vi.spyOn(api, 'disableKey').mockResolvedValue(answered)
  const { act, confirm, asked, done } = acts()
  act('disable', KEY)
  expect([asked.value?.act, disable.mock.calls.length]).toEqual(['disable', 0])
  await confirm('now')
  expect([disable.mock.calls, done.mock.calls, asked.value]).toEqual([[[7]], [['disable', KEY]], null])
})

it('gives a key a new text, the old one for as long as was chosen', async () => {
  const rotate = vi.spyOn(api, 'rotateKey').mockResolvedValue(answered)
  const { act, confirm, done, made } = acts()
  act('rotate', KEY)
  await confirm('day')
  expect([rotate.mock.calls, made.mock.calls, done.mock.calls]).toEqual([[[7, 86_400_000]], [[KEY]], []])
})

it('enables at once, and says why where that fails', async () => {
  const refused = new ApiError(403, 'forbidden', 'not yours')
  const enable = vi.spyOn(api, 'enableKey').mockRejectedValueOnce(refused).mockResolvedValue(answered)
  const { act, asked, enableError, done } = acts()
  act('enable', KEY)
  await flushPromises()
  expect([asked.value, enableError.value, done.mock.calls.length]).toEqual([null, refused, 0])
  act('enable', KEY)
  await flushPromises()
  expect([enable.mock.calls.length, enableError.value, done.mock.calls]).toEqual([2, null, [['enable', KEY]]])
})

it('enables a second key while the first is under way, and none of them twice', async () => {
  const enable = vi.spyOn(api, 'enableKey').mockResolvedValue(answered)
  const { act, enabling, done } = acts()
  const other = { ...KEY, id: 8 }
  for (const key of [KEY, other, KEY]) act('enable', key)
  expect([...enabling.value]).toEqual([7, 8])
  await flushPromises()
  expect([enable.mock.calls, done.mock.calls, enabling.value.size]).toEqual([[[7], [8]], [['enable', KEY], ['enable', other]], 0])
})

it.each([
  ['active', 'disable'],
  ['expired', 'disable'],
  ['disabled', 'enable'],
] as const)('a row of a key that is %s offers to %s it', (status, offered) => {
  expect(rowActs({ status })).toEqual(['rotate', offered, 'remove'])
})
