import { useI18n } from 'vue-i18n'

// A stable reason in the reader's language; one that is not known here as it came, never a bare key.
export function useReasonWords() {
  const { t, te } = useI18n()
  return (reason: string | null | undefined): string => (reason && te(`reason.${reason}`) ? t(`reason.${reason}`) : (reason ?? ''))
}
