import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'

export interface Selection {
  ids: Ref<Set<number>>
  count: ComputedRef<number>
  all: Ref<boolean> // all that match the filter, not only this page's
  toggle: (id: number) => void
  togglePage: (ids: number[]) => void
  clear: () => void
}

// What is ticked. Another filter empties it: nothing is changed that is not seen.
export function useSelection(filter: () => unknown): Selection {
  const ids = ref(new Set<number>())
  const all = ref(false)

  function clear() {
    ids.value = new Set()
    all.value = false
  }

  function toggle(id: number) {
    const next = new Set(ids.value)
    if (!next.delete(id)) next.add(id)
    ids.value = next
    all.value = false
  }

  function togglePage(page: number[]) {
    const whole = page.every((id) => ids.value.has(id))
    const next = new Set(ids.value)
    for (const id of page) {
      if (whole) next.delete(id)
      else next.add(id)
    }
    ids.value = next
    all.value = false
  }

  watch(() => JSON.stringify(filter()), clear)
  return { ids, count: computed(() => ids.value.size), all, toggle, togglePage, clear }
}
