import { mount } from '@vue/test-utils'
import { defineComponent } from 'vue'
import { createI18n } from 'vue-i18n'
import { beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import { useSelection } from '@/composables/useSelection'
import { messages } from '@/locales/en'
import { useAccountBulk } from './useAccountBulk'

const changeAccounts = vi.hoisted(() => vi.fn())
vi.mock('@/api/accounts', () => ({ changeAccounts }))
vi.mock('@/stores/proof', () => ({ useProof: () => ({ proven: (act: () => unknown) => act() }) }))
vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: vi.fn() }) }))

const failed = (id: number) => ({ id, error: 'has no such group', code: 40001, reason: 'bad_parameter', fields: {}, status: 400 })
const plugins = [createI18n({ legacy: false, locale: 'en', messages: { en: messages } })]

function bulk(changed = vi.fn()) {
  const made: { parts?: ReturnType<typeof parts> } = {}
  function parts() {
    const selection = useSelection(() => ({}))
    return { selection, changed, ...useAccountBulk(selection, () => 118, () => ({ status: 'rate_limited' }), changed) }
  }
  mount(defineComponent({ setup: () => ((made.parts = parts()), () => null) }), { global: { plugins } })
  return made.parts!
}

beforeEach(() => {
  changeAccounts.mockReset()
})

it('changes what is ticked, and says how many that are', async () => {
  changeAccounts.mockResolvedValue({ data: { changed: [3, 5], failed: [] }, revision: 7 })
  const { selection, apply, changed } = bulk()
  selection.togglePage([3, 5])
  expect(await apply({ priority: 50 })).toBe(true)
  expect(changeAccounts).toHaveBeenCalledWith({ change: { priority: 50 }, expect_count: 2, ids: [3, 5] })
  expect([selection.count.value, changed.mock.calls.length]).toEqual([0, 1])
})

it('changes all that match by the filter that was seen', async () => {
  changeAccounts.mockResolvedValue({ data: { changed: [], failed: [] }, revision: 7 })
  const { selection, apply, count } = bulk()
  selection.toggle(3)
  selection.all.value = true
  expect(count.value).toBe(118)
  await apply({ status: 'disabled' })
  expect(changeAccounts).toHaveBeenCalledWith({ change: { status: 'disabled' }, expect_count: 118, filter: { status: 'rate_limited' } })
})

it('keeps ticked what was not changed, and says why', async () => {
  changeAccounts.mockResolvedValue({ data: { changed: [3], failed: [failed(5), failed(6)] }, revision: 7 })
  const { selection, apply, said } = bulk()
  selection.togglePage([3, 5, 6])
  expect(await apply({ group_ids: [99] })).toBe(false)
  expect([...selection.ids.value]).toEqual([5, 6])
  expect(said.value).toBe('2 of 3 were not changed and stay selected: has no such group')
})

it('leaves everything as it is when there are others by now', async () => {
  changeAccounts.mockImplementation(() => Promise.reject(new ApiError(409, 'conflict', 'there are 119 of them, not 118; nothing was changed')))
  const { selection, apply, error, changed } = bulk()
  selection.toggle(3)
  expect(await apply({ priority: 50 })).toBe(false)
  expect([error.value?.status, selection.count.value, changed.mock.calls.length]).toEqual([409, 1, 0])
})
