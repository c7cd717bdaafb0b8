import { answer, http, ifMatch, type Schemas } from './client'

// Oneself: name, password, second factor, log-ins, identities at providers.

export type Session = Schemas['Session']
export type Identity = Schemas['Identity']

export const changeProfile = (version: number, body: { name?: string; email?: string }) =>
  answer(http.PATCH('/api/v1/auth/profile', { params: { header: ifMatch(version) }, body }))

export const changePassword = (body: { old: string; new: string }) => answer(http.POST('/api/v1/auth/password', { body }))

export const secondFactor = (signal?: AbortSignal) => answer(http.GET('/api/v1/auth/2fa', { signal }))

export const beginSecondFactor = () => answer(http.POST('/api/v1/auth/2fa/begin'))

export const confirmSecondFactor = (code: string) => answer(http.POST('/api/v1/auth/2fa/confirm', { body: { code } }))

export const endSecondFactor = () => answer(http.POST('/api/v1/auth/2fa/off'))

export const listSessions = (signal?: AbortSignal) => answer(http.GET('/api/v1/auth/sessions', { signal }))

export const endSession = (session_id: string) =>
  answer(http.DELETE('/api/v1/auth/sessions/{session_id}', { params: { path: { session_id } } }))

export const endOtherSessions = () => answer(http.DELETE('/api/v1/auth/sessions'))

export const listIdentities = (signal?: AbortSignal) => answer(http.GET('/api/v1/auth/identities', { signal }))

export const linkIdentity = (next: string) => answer(http.POST('/api/v1/auth/oidc/link', { body: { next } }))

export const removeIdentity = (identity_id: number) =>
  answer(http.DELETE('/api/v1/auth/identities/{identity_id}', { params: { path: { identity_id } } }))
