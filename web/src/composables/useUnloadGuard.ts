import { onScopeDispose } from 'vue'

// Before a reload, or a tab that is closed: the browser asks, as long as something would be lost.
export function useUnloadGuard(wouldLose: () => boolean) {
  const onUnload = (event: BeforeUnloadEvent) => {
    if (wouldLose()) event.preventDefault()
  }
  window.addEventListener('beforeunload', onUnload)
  onScopeDispose(() => window.removeEventListener('beforeunload', onUnload))
}
