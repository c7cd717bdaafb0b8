import { expect, it } from 'vitest'
import { auditLink, shownChanges, shownValue } from './audit'

it.each([
  ['account', 7, 'update', '/accounts?id=7'],
  ['API key', 7, 'create', '/keys?id=7'],
  ['account', 7, 'delete', ''],
  ['settings', 1, 'update', '/settings'],
  ['identity', 3, 'create', ''],
  ['user', 0, 'update', '/users'],
])('%s %i, %s: %s', (resource, resource_id, action, to) => expect(auditLink({ resource, resource_id, action })).toBe(to))

it.each([
  [null, '–'],
  ['', '–'],
  [0, '0'],
  [false, 'false'],
  [['a', 1], '["a",1]'],
  ['<b>', '<b>'],
])('%j: %s', (value, text) => expect(shownValue(value)).toBe(text))

it('a secret is only said to have changed', () => {
  expect(shownChanges([{ field: 'key', from: '***', to: '***' }, { field: 'rpm', from: null, to: 5 }])).toEqual([
    { field: 'key', from: '***', to: '***', secret: true },
    { field: 'rpm', from: '–', to: '5', secret: false },
  ])
})
