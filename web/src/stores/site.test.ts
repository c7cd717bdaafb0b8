import { createPinia, setActivePinia } from 'pinia'
import { expect, it, vi } from 'vitest'
import * as api from '@/api/session'
import { useSite } from './site'

it('is stale once the relays stand at another origin than the page was served for', async () => {
  setActivePinia(createPinia())
  const site = useSite()
  const ask = vi.spyOn(api, 'publicSite').mockResolvedValue({ relay_url: 'https://a.example/x' } as never)
  await site.load()
  expect(site.isStale).toBe(false)
  ask.mockResolvedValue({ relay_url: 'https://a.example/y' } as never)
  await site.load()
  expect(site.isStale).toBe(false)
  ask.mockResolvedValue({ relay_url: 'https://b.example' } as never)
  await site.load()
  expect(site.isStale).toBe(true)
})
