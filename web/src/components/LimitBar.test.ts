import { expect, it } from 'vitest'
import { shown } from '@/testing/shown'
import LimitBar from './LimitBar.vue'

const bar = async (more: object) => {
  const part = await shown(LimitBar, { label: 'USD per day', used: '$7.50', limit: '$10.00', share: 0.75, ...more })
  const told = [part.text(), part.get('[role=meter]').attributes('aria-valuetext')]
  part.unmount()
  return told
}

it('says what is left, and to whoever hears it what is reserved', async () => {
  expect(await bar({ reserved: 0.1, held: '$1.00', left: '$1.50' })).toEqual(['USD per day$7.50 / $10.00 · left $1.50', '$7.50 / $10.00 · reserved $1.00 · left $1.50'])
  expect(await bar({ reserved: 0, held: '$0' })).toEqual(['USD per day$7.50 / $10.00', '$7.50 / $10.00'])
})
