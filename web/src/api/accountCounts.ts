import { STATUSES, type Account, type AccountStatus } from './accounts'
import { answer, http } from './client'

// How many accounts are in which state, and the first of those that want somebody.

export interface AccountCount {
  status: AccountStatus
  total: number
  first: Account[]
}

const SHOWN = 3

export const accountCounts = (signal?: AbortSignal): Promise<AccountCount[]> =>
  Promise.all(
    STATUSES.map(async (status) => {
      const { data, total } = await answer(http.GET('/api/v1/admin/accounts', { params: { query: { status, limit: SHOWN } }, signal }))
      return { status, total, first: status === 'normal' ? [] : data }
    }),
  )
