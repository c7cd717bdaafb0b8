import { onScopeDispose } from 'vue'
import { useRouter } from 'vue-router'
import { isTyping } from '@/composables/isTyping'
import { useSession } from '@/stores/session'
import { useUi } from '@/stores/ui'
import { NAV } from './routes'

// Keys that work on every page: Ctrl K always; single keys unless switched off or somebody types.

const CHORD_MS = 1200

export function useGlobalKeys(acts: { palette: () => void; help: () => void }) {
  const router = useRouter()
  const ui = useUi()
  const session = useSession()
  let goUntil = 0

  function go(key: string): boolean {
    const entry = NAV.find((candidate) => candidate.key === key && (!candidate.adminOnly || session.isAdmin))
    if (entry) void router.push(entry.path)
    return !!entry
  }

  function single(event: KeyboardEvent): boolean {
    if (Date.now() < goUntil) {
      goUntil = 0
      return go(event.key)
    }
    if (event.key === 'g') goUntil = Date.now() + CHORD_MS
    else if (event.key === '?') acts.help()
    else if (event.key === '/') return focusFilter()
    else return false
    return true
  }

  function focusFilter(): boolean {
    const field = document.querySelector<HTMLInputElement>('[data-filter] input')
    field?.focus()
    return !!field
  }

  function onKey(event: KeyboardEvent) {
    if (event.isComposing) return
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      event.preventDefault()
      acts.palette()
      return
    }
    if (!ui.shortcuts || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    if (document.querySelector('[aria-modal=true]')) return
    if (single(event)) event.preventDefault()
  }

  document.addEventListener('keydown', onKey)
  onScopeDispose(() => document.removeEventListener('keydown', onKey))
}
