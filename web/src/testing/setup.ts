import { afterEach, vi } from 'vitest'
import { needTexts, speak } from '@/locales/i18n'

// Tests show any part of any page.
await Promise.all([speak('en'), needTexts()])

// Nothing of one test may reach the next.
afterEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  vi.useRealTimers()
  vi.restoreAllMocks()
})
