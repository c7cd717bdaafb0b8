import { computed, onScopeDispose } from 'vue'
import { useSite } from '@/stores/site'

// Log-in by a provider in a window of its own: the page under it keeps what was typed. That window ends at
// /logged-in, which tells all others of this browser by a word in its storage.

const WORD = 'weir.loggedIn'

export const tellLoggedIn = () => localStorage.setItem(WORD, String(Date.now()))

export function useProviderLogin(done: () => void) {
  const site = useSite()
  const providers = computed(() => (site.site?.oidc ?? []).map(({ name, url }) => ({ name, url: `${url}?next=${encodeURIComponent('/logged-in')}` })))
  const open = (url: string) => window.open(url, 'weir-login', 'popup,width=520,height=760')

  const onStorage = ({ key }: StorageEvent) => key === WORD && done()
  window.addEventListener('storage', onStorage)
  onScopeDispose(() => window.removeEventListener('storage', onStorage))
  return { providers, open }
}
