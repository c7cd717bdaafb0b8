import { useI18n } from 'vue-i18n'
import { useColumns } from '@/composables/useColumns'

// The log's columns: accounts and attempts for administrators alone.
export function useLogColumns(admin: () => boolean) {
  const { t } = useI18n()
  return useColumns('logs', () => [
    { key: 'started_at', title: t('logs.time'), sort: 'started_at', fixed: true },
    { key: 'status', title: t('logs.filters.status'), fixed: true },
    { key: 'model', title: t('logs.filters.model') },
    { key: 'key_name', title: t('logs.filters.key_id') },
    { key: 'user', title: t('logs.filters.user_id'), hidden: !admin(), later: true },
    { key: 'account_name', title: t('logs.filters.account_id'), hidden: !admin(), wide: true, desk: true },
    { key: 'tokens', title: t('logs.tokenParts'), align: 'end', wide: true, desk: true },
    { key: 'cost', title: t('logs.cost'), sort: 'cost', down: true, align: 'end' },
    { key: 'first_token_ms', title: t('logs.firstToken'), align: 'end', wide: true },
    { key: 'latency_ms', title: t('logs.total'), sort: 'latency_ms', down: true, align: 'end' },
    { key: 'attempts', title: t('logs.attempts'), align: 'end', wide: true, desk: true, hidden: !admin() },
    { key: 'id', title: t('logs.filters.request_id'), later: true },
  ])
}
