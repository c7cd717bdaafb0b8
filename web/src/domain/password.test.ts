import { describe, expect, it } from 'vitest'
import { newPassword, passwordFault, passwordStrength } from './password'

describe('passwordFault', () => {
  it.each([
    ['', 'short'],
    ['abcdefg', 'short'],
    ['abcdefgh', ''],
    ['密码密码', ''], // 12 bytes, six of them different: bytes are what counts
    ['aaaabbbb', 'same'],
    ['aAaAbBcCdD', 'same'], // the server compares in lower case
    ['x1y2z'.repeat(60), 'long'],
  ])('%j: %s', (password, fault) => expect(passwordFault(password)).toBe(fault))
})

it('passwordStrength grows with length, kinds and variety', () => {
  const growing = ['abcdefg', 'abcdefgh', 'abcdefghijk', 'correct horse', 'correct horse battery staple'].map(passwordStrength)
  expect(growing).toEqual([...growing].sort())
  expect([growing[0], growing.at(-1)]).toEqual([0, 4])
  expect(passwordStrength('abcde'.repeat(6))).toBeLessThan(passwordStrength('abcdefghijklmnopqrstuvwxyz0123'))
})

it('a new password is long, no two are alike, and none has letters that look like others', () => {
  const made = Array.from({ length: 200 }, newPassword)
  expect(new Set(made).size).toBe(200)
  for (const one of made) expect(one).toMatch(/^[a-km-zA-HJ-NP-Z2-9]{20}$/)
  expect(made.every((one) => passwordFault(one) === '')).toBe(true)
})
