import { shallowRef, type Ref } from 'vue'
import type { Turn } from './useConversation'

// Where a conversation outlives a reload: in this tab, or in this browser once that is ticked. It is its user's
// alone, and log-out takes it away (stores/session.ts).

export const KEPT_NAME = 'weir.own.playground'
const TURNS_KEPT = 50

interface Kept {
  user: number
  turns: Turn[]
}

function read(storage: Storage, user: number): Turn[] | null {
  try {
    const kept = JSON.parse(storage.getItem(KEPT_NAME) ?? 'null') as Kept | null
    if (kept?.user !== user) return null
    // An answer that a reload cut off is one that was stopped.
    return kept.turns.map((turn) => ({ ...turn, answer: { ...turn.answer, state: turn.answer.totalMs === null ? 'stopped' : turn.answer.state } }))
  } catch {
    return null
  }
}

export interface KeptTurns {
  inBrowser: Ref<boolean>
  first: Turn[] // what was kept when the page was opened
  write: (turns: readonly Turn[]) => void
  renew: (turns: readonly Turn[]) => void // what log-out has taken away is not written again
  move: (toBrowser: boolean, turns: readonly Turn[]) => void
}

export function keptTurns(user: number): KeptTurns {
  const ofBrowser = read(localStorage, user)
  const inBrowser = shallowRef(ofBrowser !== null)

  const place = () => (inBrowser.value ? localStorage : sessionStorage)

  function write(turns: readonly Turn[]) {
    const storage = place()
    const light = turns.slice(-TURNS_KEPT).map((turn) => ({ ...turn, answer: { ...turn.answer, events: [] } }))
    try {
      storage.setItem(KEPT_NAME, JSON.stringify({ user, turns: light }))
    } catch {
      storage.removeItem(KEPT_NAME) // full: a reload begins anew
    }
  }

  const renew = (turns: readonly Turn[]) => void (place().getItem(KEPT_NAME) !== null && write(turns))

  function move(toBrowser: boolean, turns: readonly Turn[]) {
    for (const storage of [sessionStorage, localStorage]) storage.removeItem(KEPT_NAME)
    inBrowser.value = toBrowser
    write(turns)
  }

  return { inBrowser, first: ofBrowser ?? read(sessionStorage, user) ?? [], write, renew, move }
}
