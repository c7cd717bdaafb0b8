import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it } from 'vitest'
import { useSession } from '@/stores/session'
import { useStatus } from '@/stores/status'
import { shown } from '@/testing/shown'
import HealthPhrase from './HealthPhrase.vue'

const AT = '2026-11-23T09:00:00Z'
const relay = { id: 'r1', connected: true, nacked_revision: null }
const well = { since: AT, watched_since: AT }
let part: VueWrapper
afterEach(() => part.unmount())

async function phraseOf(status: object, role: 'admin' | 'user' = 'admin') {
  part = await shown(HealthPhrase)
  useSession().user = { role } as never
  useStatus().status = status as never
  await part.vm.$nextTick()
  return [part.text(), part.find('a').exists() ? part.find('a').attributes('href') : '']
}

it.each([
  ['all is well', { status: 'ok', relays: [relay], well }, '✓ All well', '/monitoring'],
  ['an account rests', { status: 'ok', relays: [relay], well: { ...well, since: null } }, '△ Something wants you', '/'],
  ['nobody has looked yet', { status: 'ok', relays: [relay], well: { since: null, watched_since: null } }, '✓ All well', '/monitoring'],
  ['the ledger is away, and so an account may be', { status: 'degraded', relays: [relay], well: { ...well, since: null } }, '△ A part is away', '/monitoring'],
])('%s', async (_, status, text, to) => {
  expect(await phraseOf(status)).toEqual([text, to])
})

it('who is no administrator is told of no account', async () => {
  expect(await phraseOf({ status: 'ok' }, 'user')).toEqual(['✓ All well', ''])
})
