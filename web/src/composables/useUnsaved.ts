import { onScopeDispose } from 'vue'
import type { RouteLocationNormalized, RouteLocationResolved } from 'vue-router'
import { useUnloadGuard } from './useUnloadGuard'

// What would be lost by going elsewhere. Whoever follows a link or goes back is asked, in the one place that all
// ways go through (app/guards.ts); a page that closes its own drawer by the URL is not.

type Place = Pick<RouteLocationNormalized | RouteLocationResolved, 'name' | 'path'>
type LosesBy = (to: Place) => boolean
const holders = new Set<LosesBy>()
let own = 0

// `stays`: places where what was typed is still there.
export function useUnsaved(dirty: () => boolean, stays: LosesBy = () => false) {
  const loses: LosesBy = (to) => dirty() && !stays(to)
  holders.add(loses)
  useUnloadGuard(dirty)
  onScopeDispose(() => holders.delete(loses))
}

export async function goOwnWay(go: () => Promise<unknown>) {
  own += 1
  try {
    await go()
  } finally {
    own -= 1
  }
}

export const mayLeave = (to: Place, ask: () => boolean): boolean => own > 0 || ![...holders].some((loses) => loses(to)) || ask()
