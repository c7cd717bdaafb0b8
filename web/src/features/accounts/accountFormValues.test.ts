import { describe, expect, it } from 'vitest'
import { changeOf, fieldsOf, valuesOf, type AccountValues } from './accountFormValues'

const start = valuesOf(null)
const change = (now: Partial<AccountValues>, always?: Parameters<typeof changeOf>[2]) => changeOf({ ...start, ...now }, start, always)

describe('the change that a form stands for', () => {
  it.each([
    ['nothing', {}, {}],
    ['a name', { name: 'a' }, { name: 'a' }],
    ['numbers as numbers', { priority: '5', weight: '7' }, { priority: 5, weight: 7 }],
    ['lines as lists', { models: 'a\n\n b ', quirks: 'no_user' }, { models: ['a', 'b'], quirks: ['no_user'] }],
    ['pairs as maps', { model_mapping: 'a = b', headers: 'x-a: b:c' }, { model_mapping: { a: 'b' }, headers: { 'x-a': 'b:c' } }],
    ['of limits what differs alone', { limits: { ...start.limits, rpm: '60' } }, { limits: { rpm: 60 } }],
    ['of timeouts too', { timeouts: { ...start.timeouts, idle_ms: '500' } }, { timeouts: { idle_ms: 500 } }],
    ['of OAuth too, scopes as a list', { oauth: { ...start.oauth, scopes: 'a\nb', client_id: 'c' } }, { oauth: { client_id: 'c', scopes: ['a', 'b'] } }],
    ['groups', { group_ids: [1, 2] }, { group_ids: [1, 2] }],
  ] as [string, Partial<AccountValues>, object][])('%s', (_, now, expected) => expect(change(now)).toEqual(expected))

  it('takes a limit and a timeout away', () => {
    const had = { ...start, limits: { ...start.limits, rpm: '60' }, timeouts: { ...start.timeouts, idle_ms: '500' } }
    expect(changeOf(start, had)).toEqual({ limits: { rpm: null }, timeouts: { idle_ms: null } })
  })

  it('says what a new account needs, also where it is the usual', () => {
    expect(change({}, ['platform_type', 'priority'])).toEqual({ platform_type: 'claude', priority: 50 })
  })
})

it.each([
  ['claude', 'api_key', ['secret_key'], ['session', 'oauth', 'tier']],
  ['azure_openai', 'oauth', ['oauth'], ['secret_key', 'session']],
  ['ollama', 'none', [], ['secret_key', 'oauth']],
  ['session', 'cookie', ['secret_key', 'session', 'tier'], ['oauth']],
] as const)('%s with %s has its own fields', (platform_type, credential_type, shown, hidden) => {
  const has = fieldsOf({ platform_type, credential_type })
  expect(shown.every((name) => has(name))).toBe(true)
  expect(hidden.some((name) => has(name))).toBe(false)
})
