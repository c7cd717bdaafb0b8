import { describe, expect, it } from 'vitest'
import { keepProgress, readProgress, useSetupProgress } from './setupProgress'

describe('useSetupProgress', () => {
  it('begins with the administrator, whatever an earlier installation left in this browser', () => {
    keepProgress({ step: 'answer', accountId: 0, keyId: 7 })
    expect(useSetupProgress(true)?.step.value).toBe('administrator')
  })

  it('goes on after a reload where it was', () => {
    useSetupProgress(true)!.go('account', { accountId: 3 })
    useSetupProgress(false)!.go('answer', { keyId: 12 })
    const again = useSetupProgress(false)!
    expect([again.step.value, again.accountId.value, again.keyId.value]).toEqual(['answer', 3, 12])
  })

  it('is over when nobody is in the middle of it', () => {
    expect(useSetupProgress(false)).toBeNull()
    keepProgress({ step: 'administrator', accountId: 0, keyId: 0 })
    expect(useSetupProgress(false)).toBeNull()
  })

  it.each(['', '{', '[]', '{"step":"x"}', '{"step":"key","keyId":"<b>"}', '{"step":"key","keyId":-1}'])('reads %j without harm', (text) => {
    localStorage.setItem('weir.setup', text)
    expect(readProgress()?.keyId ?? 0).toBe(0)
  })
})
