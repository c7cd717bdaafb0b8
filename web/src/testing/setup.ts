import { afterEach, vi } from 'vitest'

// Nothing of one test may reach the next.
afterEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  vi.useRealTimers()
  vi.restoreAllMocks()
})
