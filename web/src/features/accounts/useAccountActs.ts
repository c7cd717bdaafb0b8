import { computed, ref, shallowRef } from 'vue'
import { useMessage } from 'naive-ui'
import { useI18n } from 'vue-i18n'
import { asApiError, type ApiError } from '@/api/errors'
import * as api from '@/api/accounts'
import type { Account } from '@/api/accounts'
import { useErrorText } from '@/composables/useErrorText'
import { useReasonWords } from '@/composables/useReasonWords'
import { useSaved } from '@/composables/useSaved'
import { formatDurationMs } from '@/domain/numbers'
import { useProof } from '@/stores/proof'

type Done = Promise<{ data: Account | undefined; revision: number }>
export type AccountAct = 'enable' | 'disable' | 'reset' | 'refresh' | 'remove' | 'check'
const ACTS: Record<AccountAct, (id: number) => Done> = {
  enable: api.enableAccount,
  disable: api.disableAccount,
  reset: api.resetAccount,
  refresh: api.refreshAccount,
  remove: api.deleteAccount,
  check: api.checkAccount,
}

// What stops something, or sends live requests into a wall, asks first.
const ASKED = new Set<AccountAct>(['disable', 'reset', 'remove'])

// What is done with one account, from its row or its drawer.
export function useAccountActs(changed: (act: AccountAct, id: number) => void) {
  const { t } = useI18n()
  const because = useReasonWords()
  const message = useMessage()
  const { saved } = useSaved()
  const { proven } = useProof()
  const { errorText } = useErrorText()
  const asked = shallowRef<{ act: AccountAct; account: Account } | null>(null)
  const running = ref<ReadonlySet<number>>(new Set())
  const error = shallowRef<ApiError | null>(null)

  function mark(id: number, busy: boolean) {
    const next = new Set(running.value)
    if (busy) next.add(id)
    else next.delete(id)
    running.value = next
  }

  function tell(act: AccountAct, account: Account, revision: number, after: Account | undefined) {
    const name = account.name
    const check = after?.last_check
    if (act !== 'check') void saved(revision, t(`accounts.done.${act}`, { name }))
    else if (check?.ok) message.success(t('accounts.done.checkGood', { name, model: check.model, took: formatDurationMs(check.took_ms) }))
    else message.warning(t('accounts.done.checkBad', { name, why: [because(check?.reason), check?.message].filter(Boolean).join(' · ') || '–' }), { duration: 8_000 })
  }

  async function run(act: AccountAct, account: Account) {
    error.value = null
    mark(account.id, true)
    try {
      const { data, revision } = await proven(() => ACTS[act](account.id))
      asked.value = null
      tell(act, account, revision, data)
      changed(act, account.id)
    } catch (failure) {
      error.value = asApiError(failure)
      const { title, detail } = errorText(error.value)
      if (!asked.value) message.error([account.name, title, detail].filter(Boolean).join(' · '), { duration: 8_000 })
    } finally {
      mark(account.id, false)
    }
  }

  function act(name: AccountAct, account: Account) {
    error.value = null
    if (ASKED.has(name)) asked.value = { act: name, account }
    else void run(name, account)
  }

  const busy = computed(() => asked.value !== null && running.value.has(asked.value.account.id))
  return { act, asked, busy, running, error, cancel: () => (asked.value = null), confirm: () => run(asked.value!.act, asked.value!.account) }
}
