import { nextTick, ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { ApiError, asApiError } from '@/api/errors'
import { exportAccounts, importAccounts, type AccountImport, type ImportBody } from '@/api/accounts'
import { download } from '@/composables/download'
import { textOfFile } from '@/composables/textOfFile'
import { useSaved } from '@/composables/useSaved'
import { accountFileOf, type AccountFile } from '@/domain/accountFile'
import { useProof } from '@/stores/proof'

const PASSPHRASE_LEAST = 12
export const isPassphrase = (text: string) => text === '' || text.length >= PASSPHRASE_LEAST

export function useExport() {
  const { proven } = useProof()
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)

  async function run(format: 'json' | 'csv', passphrase: string): Promise<boolean> {
    if (busy.value) return false
    busy.value = true
    error.value = null
    try {
      const blob = await proven(() => exportAccounts({ format, ...(passphrase && { passphrase }) }))
      download(blob as unknown as Blob, `weir-accounts.${format}`)
      return true
    } catch (failure) {
      error.value = asApiError(failure)
      return false
    } finally {
      busy.value = false
    }
  }
  return { busy, error, run }
}

// What would change is shown before anything does; another file or passphrase forgets what was shown.
export function useImport(changed: () => void) {
  const { t } = useI18n()
  const { saved } = useSaved()
  const { proven } = useProof()
  const file = shallowRef<AccountFile | null>(null)
  const applied = shallowRef<AccountFile | null>(null)
  const unreadable = ref(false)
  const passphrase = ref('')
  const report = shallowRef<AccountImport | null>(null)
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)

  // What comes of another file or passphrase than those that stand there now is not shown.
  let asked = 0
  watch([file, passphrase], () => {
    asked += 1
    report.value = error.value = null
  })

  let taken = 0
  async function take(chosen: File | undefined) {
    const mine = (taken += 1)
    const text = chosen ? await textOfFile(chosen).catch(asApiError) : ''
    if (mine !== taken) return
    const refused = text instanceof ApiError ? text : null
    file.value = chosen && !refused ? accountFileOf(chosen.name, text as string) : null
    unreadable.value = !!chosen && !refused && !file.value
    await nextTick() // another file forgets the last one's failure
    error.value = refused
  }

  async function run(dryRun: boolean) {
    if (busy.value) return
    const given = file.value
    const body = { ...file.value, ...(passphrase.value && { passphrase: passphrase.value }) } as ImportBody
    const mine = asked
    busy.value = true
    error.value = null
    try {
      const { data, revision } = await proven(() => importAccounts(body, dryRun))
      if (mine === asked) report.value = dryRun ? data : null
      if (dryRun) return
      applied.value = given
      passphrase.value = ''
      const count = data.added.length + data.changed.length
      void saved(revision, t('accountTransfer.done', { count }, count))
      changed()
    } catch (failure) {
      if (mine !== asked) return
      error.value = asApiError(failure)
      report.value = null
    } finally {
      busy.value = false
    }
  }
  return { file, applied, unreadable, passphrase, report, busy, error, take, run }
}
