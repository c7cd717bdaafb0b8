import { expect, it, vi } from 'vitest'
import * as keys from '@/api/keys'
import { shown } from '@/testing/shown'
import UserKeys from './UserKeys.vue'

it('tells a key that is used up from one that is disabled', async () => {
  const key = (id: number, status: string) => ({ id, name: status, key_hint: 'wr-…', status, last_used_at: null })
  vi.spyOn(keys, 'listKeys').mockResolvedValue({ data: [key(1, 'exhausted'), key(2, 'disabled'), key(3, 'active')], total: 3 } as never)
  const part = await shown(UserKeys, { userId: 7 })
  const badges = part.findAll('.badge').map((badge) => [badge.text().slice(0, 1), badge.classes().filter((name) => name !== 'badge')[0]])
  expect(badges).toEqual([['△', 'warn'], ['⊘', 'off'], ['✓', 'good']])
  part.unmount()
})
