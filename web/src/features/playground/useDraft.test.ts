import { effectScope } from 'vue'
import type { RouteLocationNormalized } from 'vue-router'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { mayLeave } from '@/composables/useUnsaved'
import { useDraft } from './useDraft'

let scope = effectScope()
let drafting: ReturnType<typeof useDraft>
beforeEach(() => {
  scope = effectScope()
  drafting = scope.run(useDraft)!
})
afterEach(() => scope.stop())

const now = () => [drafting.draft.value, drafting.edited.value]

describe('a draft', () => {
  it('is gone once it is sent', () => {
    drafting.edit(3, 'one')
    drafting.sent('one', 3)
    expect(now()).toEqual(['', 0])
  })

  it('that was written on while it was sent is the next question', () => {
    drafting.edit(3, 'one')
    drafting.draft.value = 'one more'
    drafting.sent('one', 3)
    expect(now()).toEqual(['one more', 0])
  })

  it('stays while another turn is asked again', () => {
    drafting.edit(0, 'one')
    drafting.sent('one', 2)
    expect(now()).toEqual(['one', 0])
  })

  it('is asked about before one leaves', () => {
    const leave = () => mayLeave({} as RouteLocationNormalized, () => false)
    drafting.edit(0, ' ')
    expect(leave()).toBe(true)
    drafting.edit(0, 'one')
    expect(leave()).toBe(false)
  })
})
