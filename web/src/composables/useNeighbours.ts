import { inject, onScopeDispose, provide, type InjectionKey } from 'vue'
import { useUi } from '@/stores/ui'
import { isShortcut } from './isShortcut'

type Id = number | string
type Step = -1 | 1

interface Neighbours {
  of: (step: Step) => Id | null
  go: (id: Id) => void
}

const NEIGHBOURS: InjectionKey<Neighbours> = Symbol('neighbours')

// A page says in which order its rows are; the drawer that one of them opens leads to the ones before and after it.
export function useNeighbours<Row extends { id: Id }>(rows: () => Row[], opened: () => Row['id'], go: (id: Row['id']) => void) {
  const of = (step: Step) => {
    const at = rows().findIndex(({ id }) => id === opened())
    return at < 0 ? null : (rows()[at + step]?.id ?? null)
  }
  provide(NEIGHBOURS, { of, go })
}

// In the drawer: also by j and k. `leave` asks first where something would be lost.
export function useNeighbour(browses: () => boolean, leave: (then: () => void) => void) {
  const near = inject(NEIGHBOURS, null)
  const ui = useUi()
  const of = (step: Step) => (browses() ? (near?.of(step) ?? null) : null)

  function go(step: Step) {
    const id = of(step)
    if (id !== null) leave(() => near!.go(id))
  }

  function onKey(event: KeyboardEvent) {
    const step = ({ j: 1, k: -1 } as Record<string, Step>)[event.key]
    if (!step || !browses() || !ui.shortcuts || !isShortcut(event)) return
    event.preventDefault()
    go(step)
  }
  document.addEventListener('keydown', onKey)
  onScopeDispose(() => document.removeEventListener('keydown', onKey))
  return { there: () => browses() && near !== null, of, go }
}
