import { NSwitch } from 'naive-ui'
import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import * as tasks from '@/api/tasks'
import { asking, press, shown } from '@/testing/shown'
import TaskDrawer from './TaskDrawer.vue'
import TasksPage from './TasksPage.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const TASK = { name: 'usage_retention', description: '', schedule: '17 3 * * *', default_schedule: '17 3 * * *', time_zone: 'UTC', enabled: true, running: false, next_run_at: null, last_run: null }
let page: VueWrapper

beforeEach(() => {
  vi.spyOn(tasks, 'taskRuns').mockResolvedValue({ data: [] } as never)
  vi.spyOn(tasks, 'listTasks').mockResolvedValue({ data: [TASK] } as never)
})
afterEach(() => page.unmount())

it.each([
  ['the list', TasksPage, {}],
  ['its form', TaskDrawer, { task: TASK, about: '' }],
])('switching a task off in %s asks first, with what is not done any more', async (_, component, props) => {
  const plan = vi.spyOn(tasks, 'planTask').mockResolvedValue(TASK as never)
  page = await shown(component, props)
  page.findComponent(NSwitch).vm.$emit('update:value', false)
  await flushPromises()
  if (component === TaskDrawer) await press('Save')
  await vi.waitUntil(asking)
  expect(asking()!.textContent).toContain('Requests and sums stay for longer')
  expect(plan).not.toHaveBeenCalled()
  await press('Switch off')
  expect(plan.mock.calls[0]![0]).toBe('usage_retention')
  expect(plan.mock.calls[0]![1]).toMatchObject({ enabled: false })
})
