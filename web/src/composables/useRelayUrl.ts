import { computed, type ComputedRef } from 'vue'
import { useSite } from '@/stores/site'

const PORT = 8080 // the relay's own preset

export interface RelayUrl {
  url: ComputedRef<string> // without a slash at its end
  isGuess: ComputedRef<boolean> // the settings do not say it: this page may not connect to it
}

// Where clients reach the relay.
export function useRelayUrl(): RelayUrl {
  const site = useSite()
  const told = computed(() => (site.site?.relay_url ?? '').replace(/\/+$/, ''))
  return {
    url: computed(() => told.value || `${window.location.protocol}//${window.location.hostname}:${PORT}`),
    isGuess: computed(() => told.value === ''),
  }
}
