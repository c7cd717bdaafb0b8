import { onScopeDispose } from 'vue'
import { isShortcut } from '@/composables/isShortcut'
import { useUi } from '@/stores/ui'

interface LogActs {
  move: (step: -1 | 1) => void // the range
  copy: (id: string) => void
  open: () => string // the request that is open, if one is
}

const idOfRow = (target: EventTarget | null) => (target as HTMLElement | null)?.closest?.<HTMLElement>('tr[data-id]')?.dataset.id ?? ''

// Keys of the log page beside those of lists and drawers: [ and ] move the range, c copies the id of what is open, or of
// the row that has the keyboard.
export function useLogKeys({ move, copy, open }: LogActs) {
  const ui = useUi()

  function actOf({ key, target }: KeyboardEvent): (() => void) | null {
    const id = open() || idOfRow(target)
    if (key === 'c') return id ? () => copy(id) : null
    return key === '[' || key === ']' ? () => move(key === '[' ? -1 : 1) : null
  }

  function onKey(event: KeyboardEvent) {
    if (!ui.shortcuts || !isShortcut(event)) return
    const act = actOf(event)
    if (!act) return
    event.preventDefault()
    act()
  }

  document.addEventListener('keydown', onKey)
  onScopeDispose(() => document.removeEventListener('keydown', onKey))
}
