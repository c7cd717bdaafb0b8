import { answer, http } from './client'

export const register = (body: { username: string; email: string; password: string; name?: string; invite?: string }) =>
  answer(http.POST('/api/v1/auth/register', { body }))
