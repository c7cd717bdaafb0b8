import { shallowRef, type ShallowRef } from 'vue'

export interface UnderWay<Id> {
  underWay: ShallowRef<ReadonlySet<Id>>
  once: (id: Id, act: () => Promise<void>) => Promise<void>
}

// Acts that are under way, by what they are done to: those on different things go side by side, and none is sent a
// second time before it has ended.
export function useUnderWay<Id>(): UnderWay<Id> {
  const underWay: ShallowRef<ReadonlySet<Id>> = shallowRef(new Set<Id>())

  async function once(id: Id, act: () => Promise<void>) {
    if (underWay.value.has(id)) return
    underWay.value = new Set([...underWay.value, id])
    try {
      await act()
    } finally {
      underWay.value = new Set([...underWay.value].filter((other) => other !== id))
    }
  }

  return { underWay, once }
}
