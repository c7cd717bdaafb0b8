import { ref } from 'vue'
import { useMessage } from 'naive-ui'
import { useI18n } from 'vue-i18n'
import { checkAccount } from '@/api/accounts'
import { asApiError } from '@/api/errors'
import { useErrorText } from '@/composables/useErrorText'
import { useReasonWords } from '@/composables/useReasonWords'

const SAID_MS = 8_000

// One account is asked whether it answers again, where it is said that it does not; one at a time.
export function useCheckAgain(checked: () => void) {
  const { t } = useI18n()
  const because = useReasonWords()
  const { errorText } = useErrorText()
  const message = useMessage()
  const checking = ref(0)

  async function check(id: number, name: string) {
    if (checking.value) return
    checking.value = id
    try {
      const found = (await checkAccount(id)).data?.last_check
      const why = [because(found?.reason), found?.message].filter(Boolean).join(' · ') || '–'
      if (found?.ok) message.success(t('dashboard.attention.good', { name }))
      else message.warning(t('dashboard.attention.still', { name, why }), { duration: SAID_MS })
    } catch (failure) {
      message.error(`${name} · ${errorText(asApiError(failure)).title}`, { duration: SAID_MS })
    } finally {
      checking.value = 0
      checked()
    }
  }

  return { checking, check }
}
