import { onScopeDispose } from 'vue'
import { isTyping } from '@/composables/isTyping'
import { useUi } from '@/stores/ui'

interface LogActs {
  go: (step: -1 | 1) => void // in the open drawer: its neighbour
  move: (step: -1 | 1) => void // the range
  copy: (id: string) => void
  open: () => string // the request that is open, if one is
}

const idOfRow = (target: EventTarget | null) => (target as HTMLElement | null)?.closest?.<HTMLElement>('tr[data-id]')?.dataset.id ?? ''

// Keys of the log page beside those of lists: j and k in the open drawer, [ and ] move the range, c copies the id of
// what is open, or of the row that has the keyboard.
export function useLogKeys({ go, move, copy, open }: LogActs) {
  const ui = useUi()

  function actOf({ key, target }: KeyboardEvent): (() => void) | null {
    const id = open() || idOfRow(target)
    if (key === 'c') return id ? () => copy(id) : null
    if (key === '[' || key === ']') return () => move(key === '[' ? -1 : 1)
    return open() && (key === 'j' || key === 'k') ? () => go(key === 'j' ? 1 : -1) : null
  }

  function onKey(event: KeyboardEvent) {
    // Where brackets are typed with AltGr, that is held as Ctrl and Alt.
    const held = (event.ctrlKey || event.altKey) && !event.getModifierState('AltGraph')
    if (!ui.shortcuts || held || event.metaKey || isTyping(event.target)) return
    if (document.querySelector('[role=dialog][aria-modal=true].dialog, [role=alertdialog]')) return
    const act = actOf(event)
    if (!act) return
    event.preventDefault()
    act()
  }

  document.addEventListener('keydown', onKey)
  onScopeDispose(() => document.removeEventListener('keydown', onKey))
}
