import { useI18n } from 'vue-i18n'
import { ApiError } from '@/api/errors'
import { listTasks, planTask, type Task, type TaskPlan } from '@/api/tasks'
import { useRecordForm } from '@/composables/useRecordForm'
import { useSaved } from '@/composables/useSaved'
import { looksLikeCron } from '@/domain/cron'

const planOf = ({ schedule, time_zone, enabled }: TaskPlan): TaskPlan => ({ schedule, time_zone, enabled })

// A task has no version of its own: it is how it is planned.
const recordOf = (task: Task) => ({ ...planOf(task), id: 0, version: JSON.stringify(planOf(task)) })

async function read(name: string) {
  const found = (await listTasks()).data.find((task) => task.name === name)
  if (!found) throw new ApiError(404, 'not_found', name)
  return recordOf(found)
}

// When a task runs. Only what was touched is sent; who planned it otherwise meanwhile is shown first.
export function useTaskPlan(start: Task) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const form = useRecordForm({
    record: recordOf(start),
    valuesOf: (task) => planOf(task ?? start),
    bodyOf: planOf,
    rules: {
      schedule: (text) => (looksLikeCron(text) ? '' : t('tasks.fiveFields')),
      time_zone: (text) => (text.trim() === '' ? t('form.required') : ''),
    },
    get: () => read(start.name),
    create: () => Promise.reject(new Error('tasks are there')),
    change: async (_id, version, plan) => {
      if ((await read(start.name)).version !== version) throw new ApiError(412, 'conflict', start.name)
      await planTask(start.name, plan)
      void saved(0)
    },
  })
  return { ...form, seen: (task: Task) => form.follow(recordOf(task)), anew: (task: Task) => form.begin(recordOf(task)) }
}
