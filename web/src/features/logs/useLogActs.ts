import { useMessage } from 'naive-ui'
import { useI18n } from 'vue-i18n'
import { useCopy } from '@/composables/useCopy'
import { shiftRange } from '@/domain/shiftRange'
import { useUi } from '@/stores/ui'
import { boundsOf, type LogState } from './logFilters'

// What keys of the log page do.
export function useLogActs(state: () => LogState, set: (change: Partial<LogState>) => void) {
  const { t } = useI18n()
  const ui = useUi()
  const message = useMessage()
  const { copy } = useCopy()

  // A key has no button that says how it went.
  async function copyId(id: string) {
    const done = await copy(id, document.body)
    if (done) message.success(t('logs.idCopied', { id }))
    else message.warning(t('logs.idNotCopied', { id }), { duration: 8_000 })
  }

  function move(step: -1 | 1) {
    const now = new Date()
    const { from, to } = boundsOf(state(), ui.zoneId, now)
    const span = from ? shiftRange(from, to, step, ui.zoneId, now) : null
    if (span) set(span)
  }

  return { copyId, move }
}
