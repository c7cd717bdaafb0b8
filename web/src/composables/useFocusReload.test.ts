import { expect, it, vi } from 'vitest'
import { inScope } from '@/testing/inScope'
import { useFocusReload } from './useFocusReload'

const focus = () => window.dispatchEvent(new Event('focus'))

it('asks again when somebody comes back, unless the rows have just come or not yet, and not after the page is left', () => {
  const reload = vi.fn(() => Promise.resolve())
  let loadedAt: Date | null = null
  const { unmount } = inScope(() => useFocusReload(reload, () => loadedAt))
  focus()
  loadedAt = new Date(Date.now() - 500)
  focus()
  expect(reload).not.toHaveBeenCalled()
  loadedAt = new Date(Date.now() - 60_000)
  focus()
  expect(reload).toHaveBeenCalledTimes(1)
  unmount()
  focus()
  expect(reload).toHaveBeenCalledTimes(1)
})
