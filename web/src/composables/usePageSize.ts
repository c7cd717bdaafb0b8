import { ref, watch, type Ref } from 'vue'

const SIZES = [20, 50, 100, 200]

// Rows a page, kept per table in this browser.
export function usePageSize(table: string, otherwise = 20): Ref<number> {
  const name = `weir.rows.${table}`
  const kept = Number(localStorage.getItem(name))
  const size = ref(SIZES.includes(kept) ? kept : otherwise)
  watch(size, (value) => localStorage.setItem(name, String(value)))
  return size
}
