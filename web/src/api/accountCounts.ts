import { answer, http, type Schemas } from './client'

// How many accounts are in which state, and the first of those that want somebody.

export type AccountState = Schemas['Account']['status']
export const ACCOUNT_STATES = ['normal', 'rate_limited', 'api_exception', 'account_exception', 'disabled'] as const

export interface AccountCount {
  status: AccountState
  total: number
  first: Schemas['Account'][]
}

const SHOWN = 3

export const accountCounts = (signal?: AbortSignal): Promise<AccountCount[]> =>
  Promise.all(
    ACCOUNT_STATES.map(async (status) => {
      const { data, total } = await answer(http.GET('/api/v1/admin/accounts', { params: { query: { status, limit: SHOWN } }, signal }))
      return { status, total, first: status === 'normal' ? [] : data }
    }),
  )
