import { onScopeDispose } from 'vue'
import { useUi } from '@/stores/ui'

// Keys of the log page beside those of lists: j and k in the open drawer, c copies its id.
export function useLogKeys(acts: { next: () => void; previous: () => void; copy: () => void; isOpen: () => boolean }) {
  const ui = useUi()
  const KEYS: Record<string, () => void> = { j: acts.next, k: acts.previous, c: acts.copy }

  function onKey(event: KeyboardEvent) {
    const typing = (event.target as HTMLElement | null)?.closest?.('input, textarea, select, [contenteditable=true]')
    if (!ui.shortcuts || event.ctrlKey || event.metaKey || event.altKey || typing || !acts.isOpen()) return
    const act = KEYS[event.key]
    if (!act) return
    event.preventDefault()
    act()
  }

  document.addEventListener('keydown', onKey)
  onScopeDispose(() => document.removeEventListener('keydown', onKey))
}
