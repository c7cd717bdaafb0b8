import { answer, http, type Schemas } from './client'

export type User = Schemas['User']

export const profile = () => answer(http.GET('/api/v1/auth/profile'))

export const logIn = (username: string, password: string, code?: string) =>
  answer(http.POST('/api/v1/auth/login', { body: { username, password, ...(code ? { code } : {}) } }))

export const logInByCode = (code: string) => answer(http.POST('/api/v1/auth/oidc/code', { body: { code } }))

export const logOut = () => answer(http.POST('/api/v1/auth/logout'))

export const publicSite = () => answer(http.GET('/api/v1/public'))

export const confirmIdentity = (proof: { password?: string; code?: string }) =>
  answer(http.POST('/api/v1/auth/confirm', { body: proof }))
