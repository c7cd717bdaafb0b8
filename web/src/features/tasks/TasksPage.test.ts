import { flushPromises, type VueWrapper } from '@vue/test-utils'
import { afterEach, expect, it, vi } from 'vitest'
import { ApiError } from '@/api/errors'
import * as tasks from '@/api/tasks'
import { shown } from '@/testing/shown'
import TasksPage from './TasksPage.vue'

vi.mock('@/composables/useSaved', () => ({ useSaved: () => ({ saved: () => undefined }) }))

const TASK = { name: 'one', description: '', schedule: '17 3 * * *', default_schedule: '17 3 * * *', time_zone: 'UTC', enabled: true, running: false, next_run_at: null, last_run: null }
let page: VueWrapper
afterEach(() => page.unmount())

it('runs tasks side by side, each once, and says which one failed', async () => {
  vi.spyOn(tasks, 'listTasks').mockResolvedValue({ data: [TASK, { ...TASK, name: 'two' }] } as never)
  const ends = new Map<string, (why: Error) => void>()
  const run = vi.spyOn(tasks, 'runTask').mockImplementation((name) => new Promise((_, reject) => ends.set(name, reject)))
  page = await shown(TasksPage)
  const now = (name: string) => page.get(`button[aria-label="Run now: ${name}"]`)
  for (const name of ['one', 'two', 'one']) await now(name).trigger('click')
  expect(run.mock.calls).toEqual([['one'], ['two']])
  ends.get('one')!(new ApiError(503, 'service_away', 'away', {}, 'req-1'))
  await flushPromises()
  expect(page.get('.failure').text()).toContain('one')
  expect([now('one').classes('n-button--loading'), now('two').classes('n-button--loading')]).toEqual([false, true])
  ends.get('two')!(new ApiError(503, 'service_away', 'away', {}, 'req-2'))
  await flushPromises()
  expect(page.findAll('.failure').map((failure) => failure.get('strong').text())).toEqual(['one', 'two'])
})
