import { ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { asApiError, type ApiError } from '@/api/errors'
import { exportAccounts, importAccounts, type AccountImport, type ImportBody } from '@/api/accounts'
import { useSaved } from '@/composables/useSaved'
import { accountFileOf, type AccountFile } from '@/domain/accountFile'
import { useProof } from '@/stores/proof'

const PASSPHRASE_LEAST = 12
export const isPassphrase = (text: string) => text === '' || text.length >= PASSPHRASE_LEAST

function download(blob: Blob, name: string) {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(blob)
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000)
}

export function useExport() {
  const { proven } = useProof()
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)

  async function run(format: 'json' | 'csv', passphrase: string) {
    busy.value = true
    error.value = null
    try {
      const blob = await proven(() => exportAccounts({ format, ...(passphrase && { passphrase }) }))
      download(blob as unknown as Blob, `weir-accounts.${format}`)
    } catch (failure) {
      error.value = asApiError(failure)
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
  const unreadable = ref(false)
  const passphrase = ref('')
  const report = shallowRef<AccountImport | null>(null)
  const busy = ref(false)
  const error = shallowRef<ApiError | null>(null)

  watch([file, passphrase], () => (report.value = error.value = null))

  async function take(chosen: File | undefined) {
    file.value = chosen ? accountFileOf(chosen.name, await chosen.text()) : null
    unreadable.value = !!chosen && !file.value
  }

  async function run(dryRun: boolean) {
    const body = { ...file.value, ...(passphrase.value && { passphrase: passphrase.value }) } as ImportBody
    busy.value = true
    error.value = null
    try {
      const { data, revision } = await proven(() => importAccounts(body, dryRun))
      report.value = dryRun ? data : null
      if (dryRun) return
      const count = data.added.length + data.changed.length
      void saved(revision, t('accountTransfer.done', { count }, count))
      changed()
    } catch (failure) {
      error.value = asApiError(failure)
      report.value = null
    } finally {
      busy.value = false
    }
  }
  return { file, unreadable, passphrase, report, busy, error, take, run }
}
