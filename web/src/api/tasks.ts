import { answer, http, type Schemas } from './client'

export type Task = Schemas['Task']
export type TaskRun = Awaited<ReturnType<typeof taskRuns>>['data'][number]
export interface TaskPlan {
  schedule: string
  time_zone: string
  enabled: boolean
}

export const listTasks = (signal?: AbortSignal) => answer(http.GET('/api/v1/admin/tasks', { signal }))

export const planTask = (name: string, plan: Partial<TaskPlan>) => answer(http.POST('/api/v1/admin/tasks', { body: { name, ...plan } }))

export const taskRuns = (name: string, signal?: AbortSignal) =>
  answer(http.GET('/api/v1/admin/tasks/{name}/runs', { params: { path: { name } }, signal }))

export const runTask = (name: string) => answer(http.POST('/api/v1/admin/tasks/{name}/run', { params: { path: { name } } }))
