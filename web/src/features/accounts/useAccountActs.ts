import { computed, shallowRef } from 'vue'
import { useMessage } from 'naive-ui'
import { useI18n } from 'vue-i18n'
import { asApiError, type ApiError } from '@/api/errors'
import * as api from '@/api/accounts'
import type { Account } from '@/api/accounts'
import { useErrorText } from '@/composables/useErrorText'
import { useReasonWords } from '@/composables/useReasonWords'
import { useSaved } from '@/composables/useSaved'
import { useUnderWay } from '@/composables/useUnderWay'
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

interface Asked {
  act: AccountAct
  account: Account
}

// What is done with one account, from its row or its drawer.
export function useAccountActs(changed: (act: AccountAct, id: number) => void) {
  const { t } = useI18n()
  const because = useReasonWords()
  const message = useMessage()
  const { saved } = useSaved()
  const { proven } = useProof()
  const { errorText } = useErrorText()
  const asked = shallowRef<Asked | null>(null)
  const { underWay: running, once } = useUnderWay<number>()
  const error = shallowRef<ApiError | null>(null)

  function tell(act: AccountAct, account: Account, revision: number, after: Account | undefined) {
    const name = account.name
    const check = after?.last_check
    if (act !== 'check') void saved(revision, t(`accounts.done.${act}`, { name }))
    else if (check?.ok) message.success(t('accounts.done.checkGood', { name, model: check.model, took: formatDurationMs(check.took_ms) }))
    else message.warning(t('accounts.done.checkBad', { name, why: [because(check?.reason), check?.message].filter(Boolean).join(' · ') || '–' }), { duration: 8_000 })
  }

  // By then another account may be asked about: what came of this one neither closes that dialog nor stands in it.
  async function run(what: Asked) {
    const { act, account } = what
    if (asked.value === what) error.value = null
    try {
      const { data, revision } = await proven(() => ACTS[act](account.id))
      if (asked.value === what) asked.value = null
      tell(act, account, revision, data)
      changed(act, account.id)
    } catch (caught) {
      const failure = asApiError(caught)
      if (asked.value === what) return void (error.value = failure)
      const { title, detail } = errorText(failure)
      message.error([account.name, title, detail].filter(Boolean).join(' · '), { duration: 8_000 })
    }
  }

  const start = (what: Asked) => once(what.account.id, () => run(what))

  function act(name: AccountAct, account: Account) {
    const what = { act: name, account }
    if (!ASKED.has(name)) return void start(what)
    error.value = null
    asked.value = what
  }

  const busy = computed(() => asked.value !== null && running.value.has(asked.value.account.id))
  return { act, asked, busy, running, error, cancel: () => (asked.value = null), confirm: () => start(asked.value!) }
}
