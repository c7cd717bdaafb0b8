import { useMessage } from 'naive-ui'
import { useI18n } from 'vue-i18n'
import { useStatus } from '@/stores/status'

const WAIT_MS_MAX = 3_000

// "Saved · revision 812 on 3/3 relays": follows the relays until all have it, for three seconds at most.
export function useSaved() {
  const message = useMessage()
  const status = useStatus()
  const { t } = useI18n()

  async function saved(revision: number, word = t('form.saved')) {
    const shown = message.success(word, { duration: 4_000 })
    if (revision === 0) return
    const until = Date.now() + WAIT_MS_MAX
    do {
      await status.load().catch(() => undefined)
      const [have, all] = status.relaysWith(revision)
      shown.content = all === 0 ? word : `${word} · ${t('shell.revision', { revision, have, all })}`
      if (have === all) return
      await new Promise((resolve) => setTimeout(resolve, 300))
    } while (Date.now() < until)
  }

  return { saved }
}
