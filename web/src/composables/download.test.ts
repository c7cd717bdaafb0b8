import { expect, it, vi } from 'vitest'
import { download } from './download'

it('keeps the address until the browser has read it', () => {
  vi.useFakeTimers()
  vi.spyOn(URL, 'createObjectURL').mockReturnValue('blob:x')
  const revoke = vi.spyOn(URL, 'revokeObjectURL').mockReturnValue()
  download(new Blob(['a']), 'a.txt')
  expect(revoke).not.toHaveBeenCalled()
  vi.advanceTimersByTime(10_000)
  expect(revoke.mock.calls).toEqual([['blob:x']])
})
