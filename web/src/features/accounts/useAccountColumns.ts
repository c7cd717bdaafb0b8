import { useI18n } from 'vue-i18n'
import { useColumns } from '@/composables/useColumns'

// The list's columns. The first token wants a question for each account: it is there when somebody asks for it.
export function useAccountColumns() {
  const { t } = useI18n()
  return useColumns('accounts', () => [
    { key: 'name', title: t('accounts.name'), sort: 'name', fixed: true },
    { key: 'status', title: t('accounts.status'), fixed: true },
    { key: 'groups', title: t('accounts.groups'), wide: true },
    { key: 'order', title: t('accounts.order'), sort: 'priority', align: 'end' },
    { key: 'load', title: t('accounts.load.title'), align: 'end' },
    { key: 'windows', title: t('accounts.windows.title'), broad: true },
    { key: 'today', title: t('accounts.today'), sort: 'today_cost', down: true, align: 'end' },
    { key: 'first_token', title: t('accounts.firstToken'), align: 'end', later: true },
    { key: 'used', title: t('accounts.used'), align: 'end', wide: true },
  ])
}
