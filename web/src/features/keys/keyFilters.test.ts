import { expect, it } from 'vitest'
import { keyFilter } from './keyFilters'

// What a bulk change of all that match is held to: nothing that is not asked for, and everything that is.
it('keyFilter', () => {
  expect(keyFilter({ name: '', status: '', group_id: 0, user_id: 0, scope: 'all' })).toEqual({})
  const all = { name: 'ci', status: 'disabled', group_id: 2, user_id: 3, scope: 'mine' } as const
  expect(keyFilter(all)).toEqual(all)
})
