import type { Key } from '@/api/keys'

// Shape, colour and word of a key's status.
export const KEY_STATUS: Record<Key['status'], { kind: 'good' | 'off' | 'warn'; icon: string }> = {
  active: { kind: 'good', icon: '✓' },
  disabled: { kind: 'off', icon: '⊘' },
  expired: { kind: 'off', icon: '⊘' },
  exhausted: { kind: 'warn', icon: '△' },
}
