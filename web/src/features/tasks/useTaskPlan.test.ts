import { expect, it, vi } from 'vitest'
import * as tasks from '@/api/tasks'
import { inScope } from '@/testing/inScope'
import { useTaskPlan } from './useTaskPlan'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const TASK = { name: 'x', schedule: '17 3 * * *', time_zone: 'UTC', enabled: true } as tasks.Task
const plan = () => inScope(() => useTaskPlan(TASK)).result

function there(change: Partial<tasks.Task>) {
  vi.spyOn(tasks, 'listTasks').mockResolvedValue({ data: [{ ...TASK, ...change }] } as never)
  return vi.spyOn(tasks, 'planTask').mockResolvedValue(TASK as never)
}

it('sends what was touched alone, and leaves what somebody else changed', async () => {
  const send = there({ enabled: false })
  const { values, submit } = plan()
  values.schedule = '0 4 * * *'
  expect(await submit()).toBe(true)
  expect(send.mock.calls).toEqual([['x', { schedule: '0 4 * * *' }]])
})

it('shows what stands against each other before anything is lost', async () => {
  const send = there({ schedule: '0 5 * * *' })
  const { values, submit, conflict } = plan()
  values.schedule = '0 4 * * *'
  expect(await submit()).toBe(false)
  expect([conflict.value, send.mock.calls.length]).toEqual([{ mine: { schedule: '0 4 * * *' }, theirs: { schedule: '0 5 * * *' } }, 0])
})

it('follows what somebody else planned while nothing was typed', () => {
  const { values, dirty, anew } = plan()
  anew({ ...TASK, enabled: false })
  expect([values.enabled, dirty.value]).toEqual([false, false])
})
