import { computed } from 'vue'
import { usageTop } from '@/api/usage'
import { useResource } from '@/composables/useResource'
import { daysBefore } from '@/domain/reportRange'
import { idOf, nameOf, type By } from '@/domain/usage'

const DAYS = 30
const MANY = 100
type Names = Partial<Record<By, { value: string; label: string }[]>>

// What may be filtered by, named: who and what had requests in the last 30 days, the most first.
export function useReportNames(admin: () => boolean) {
  const { data } = useResource(admin, async (isAdmin, signal): Promise<Names> => {
    const bys: By[] = isAdmin ? ['model', 'key', 'user', 'group', 'account'] : ['model', 'key']
    const from = daysBefore(new Date().toISOString().slice(0, 10), DAYS)
    const tops = await Promise.all(bys.map((by) => usageTop({ by: [by], from, limit: MANY, sort: '-requests' }, signal)))
    return Object.fromEntries(
      bys.map((by, i) => [by, tops[i]!.data.map((row) => ({ value: idOf(row, by), label: nameOf(row, by) })).filter(({ value }) => value !== '' && value !== '0')]),
    )
  })
  const names = computed(() => data.value ?? {})
  const nameFor = (by: By, id: string | number) => names.value[by]?.find(({ value }) => value === String(id))?.label ?? (by === 'model' ? String(id) : `#${id}`)
  return { names, nameFor }
}
