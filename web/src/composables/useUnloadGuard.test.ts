import { effectScope } from 'vue'
import { expect, it } from 'vitest'
import { useUnloadGuard } from './useUnloadGuard'

// True: the browser would ask.
const leave = () => !window.dispatchEvent(new Event('beforeunload', { cancelable: true }))

it('asks while something would be lost, and no longer than it is there', () => {
  let loses = false
  const scope = effectScope()
  scope.run(() => useUnloadGuard(() => loses))
  expect(leave()).toBe(false)
  loses = true
  expect(leave()).toBe(true)
  scope.stop()
  expect(leave()).toBe(false)
})
