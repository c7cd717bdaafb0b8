import { deleteKey, disableKey, endPrevious, type Key } from '@/api/keys'

// What stops requests with a key: asked about first.
export const KEY_STOPS = {
  disable: (key: Key) => disableKey(key.id),
  endPrevious: (key: Key) => endPrevious(key.id),
  remove: (key: Key) => deleteKey(key.id),
} as const

export type KeyStop = keyof typeof KEY_STOPS
export type KeyAct = KeyStop | 'rotate' | 'enable'

// How long the old text goes on after a rotation.
export const OVERLAPS_MS = { now: 0, hour: 3_600_000, day: 86_400_000, week: 604_800_000 }
export type Overlap = keyof typeof OVERLAPS_MS

// Behind ⋯ of its row.
export const rowActs = ({ status }: Pick<Key, 'status'>) => ['rotate', status === 'disabled' ? 'enable' : 'disable', 'remove'] as const
