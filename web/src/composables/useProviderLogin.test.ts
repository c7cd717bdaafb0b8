import { createPinia, setActivePinia } from 'pinia'
import { effectScope } from 'vue'
import { expect, it, vi } from 'vitest'
import { useSite } from '@/stores/site'
import { tellLoggedIn, useProviderLogin } from './useProviderLogin'

const say = (key: string) => window.dispatchEvent(new StorageEvent('storage', { key, newValue: localStorage.getItem(key) }))

it('opens the provider in a window that comes back to a page of its own, and hears of it', () => {
  setActivePinia(createPinia())
  useSite().site = { oidc: [{ name: 'Corp', url: '/api/v1/auth/oidc/start' }] } as never
  const opened = vi.spyOn(window, 'open').mockReturnValue(null)
  const done = vi.fn()
  const scope = effectScope()
  const { providers, open } = scope.run(() => useProviderLogin(done))!
  open(providers.value[0]!.url)
  expect(opened.mock.lastCall![0]).toBe('/api/v1/auth/oidc/start?next=%2Flogged-in')

  tellLoggedIn() // by that window
  say('weir.theme')
  expect(done).not.toHaveBeenCalled()
  const word = Object.keys(localStorage).find((name) => name.includes('loggedIn'))!
  say(word)
  expect(done).toHaveBeenCalledTimes(1)
  scope.stop()
  say(word)
  expect(done).toHaveBeenCalledTimes(1)
})
