import { effectScope } from 'vue'
import type { RouteLocationNormalized } from 'vue-router'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { goOwnWay, mayLeave, useUnsaved } from './useUnsaved'

const to = (name: string) => ({ name }) as RouteLocationNormalized
let scope = effectScope()

afterEach(() => {
  scope.stop()
  scope = effectScope()
})

describe('leaving what is not saved', () => {
  it('is asked about only where something would be lost', () => {
    const ask = vi.fn(() => false)
    let dirty = false
    scope.run(() => useUnsaved(() => dirty))
    expect([mayLeave(to('logs'), ask), ask.mock.calls.length]).toEqual([true, 0])
    dirty = true
    expect([mayLeave(to('logs'), ask), ask.mock.calls.length]).toEqual([false, 1])
    expect(mayLeave(to('logs'), () => true)).toBe(true)
    scope.stop()
    expect(mayLeave(to('logs'), ask)).toBe(true)
  })

  it('is not asked about where it stays', () => {
    scope.run(() => useUnsaved(() => true, ({ name }) => name === 'settings'))
    expect([mayLeave(to('settings'), () => false), mayLeave(to('logs'), () => false)]).toEqual([true, false])
  })

  it('is not held up where the page itself goes', async () => {
    scope.run(() => useUnsaved(() => true))
    await goOwnWay(() => {
      expect(mayLeave(to('accounts'), () => false)).toBe(true)
      return Promise.resolve()
    })
    await goOwnWay(() => Promise.reject(new Error('no such way'))).catch(() => undefined)
    expect(mayLeave(to('accounts'), () => false)).toBe(false)
  })
})
