import { onScopeDispose } from 'vue'

const FRESH_MS = 2_000

// Whoever comes back to the window sees what others did meanwhile. `loadedAt`: what has just come is not asked for again.
export function useFocusReload(reload: () => Promise<void>, loadedAt: () => Date | null) {
  const onFocus = () => {
    const at = loadedAt()
    if (at && Date.now() - at.getTime() >= FRESH_MS) void reload()
  }
  window.addEventListener('focus', onFocus)
  onScopeDispose(() => window.removeEventListener('focus', onFocus))
}
