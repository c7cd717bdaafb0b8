import { answer, http, type Schemas } from './client'

export type Reconciliation = Schemas['Reconciliation']

// A provider's own export, as it is: CSV goes as text.
export const reconcile = (csv: string, query: { account_id?: number[]; show: 'all' | 'differences' }, signal?: AbortSignal) =>
  answer(
    http.POST('/api/v1/admin/reconcile', {
      params: { query },
      body: csv as never,
      bodySerializer: (text: unknown) => String(text),
      headers: { 'content-type': 'text/csv' },
      signal,
    }),
  )
