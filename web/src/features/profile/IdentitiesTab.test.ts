import type { VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import * as profile from '@/api/profile'
import { asking, press, shown } from '@/testing/shown'
import IdentitiesTab from './IdentitiesTab.vue'

let tab: VueWrapper
afterEach(() => tab.unmount())

it('asks before an identity is removed, with what is left to log in by', async () => {
  const identity = { id: 4, issuer: 'https://id.example', subject: 's', label: 'alice@id', created_at: null }
  vi.spyOn(profile, 'listIdentities').mockResolvedValue({ data: [identity] } as never)
  const remove = vi.spyOn(profile, 'removeIdentity').mockResolvedValue(undefined as never)
  tab = await shown(IdentitiesTab)
  await press('Remove')
  expect(asking()!.textContent).toContain('Remove the identity alice@id?')
  expect(asking()!.textContent).toContain('No other identity is left')
  expect(remove).not.toHaveBeenCalled()
  await press('Remove identity')
  expect(remove.mock.calls).toEqual([[4]])
})
