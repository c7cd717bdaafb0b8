import { computed, ref, type ComputedRef } from 'vue'
import type { Column } from '@/components/listTypes'

export interface ColumnChoices {
  columns: ComputedRef<Column[]> // for the list
  choices: ComputedRef<{ key: string; title: string; shown: boolean }[]>
  shows: (key: string) => boolean
  choose: (key: string, shown: boolean) => void
}

function keptOf(name: string): Record<string, boolean> {
  try {
    const kept = JSON.parse(localStorage.getItem(name) ?? '{}') as unknown
    return kept && typeof kept === 'object' ? (kept as Record<string, boolean>) : {}
  } catch {
    return {}
  }
}

// Which columns a list shows: what it begins with, and what its reader has chosen, kept per table in this
// browser. A column that was asked for is there on a narrow screen too.
export function useColumns(table: string, all: () => Column[]): ColumnChoices {
  const name = `weir.columns.${table}`
  const chosen = ref(keptOf(name))
  const isShown = ({ key, later }: Column) => (typeof chosen.value[key] === 'boolean' ? chosen.value[key] : !later)

  const asked = ({ key }: Column) => chosen.value[key] === true

  const columns = computed(() =>
    all().map((column) => ({ ...column, hidden: column.hidden || !isShown(column), wide: column.wide && !asked(column), broad: column.broad && !asked(column) })),
  )
  const choices = computed(() =>
    all().filter(({ hidden, fixed }) => !hidden && !fixed).map((column) => ({ key: column.key, title: column.title, shown: isShown(column) })),
  )

  function choose(key: string, shown: boolean) {
    chosen.value = { ...chosen.value, [key]: shown }
    localStorage.setItem(name, JSON.stringify(chosen.value))
  }

  return { columns, choices, shows: (key) => columns.value.some((column) => column.key === key && !column.hidden), choose }
}
