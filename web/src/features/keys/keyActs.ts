import { deleteKey, disableKey, enableKey, endPrevious, type Key } from '@/api/keys'

// What can be done with a key beside changing its fields. `danger`: asked about first.
export const KEY_ACTS = {
  enable: { run: (key: Key) => enableKey(key.id), danger: false },
  disable: { run: (key: Key) => disableKey(key.id), danger: true },
  endPrevious: { run: (key: Key) => endPrevious(key.id), danger: true },
  remove: { run: (key: Key) => deleteKey(key.id), danger: true },
} as const

export type KeyAct = keyof typeof KEY_ACTS
