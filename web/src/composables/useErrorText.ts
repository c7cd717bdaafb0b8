import { useI18n } from 'vue-i18n'
import type { ApiError } from '@/api/errors'

export interface ErrorText {
  title: string
  detail: string // the server's own words, when they say more
}

// A stable reason has words in both languages; an unknown one shows the server's, never a bare key.
export function useErrorText() {
  const { t, te } = useI18n()

  function errorText(error: ApiError): ErrorText {
    if (error.reason === 'too_many_requests' && error.retryAfterSeconds > 0) {
      return { title: t('error.tooMany', { seconds: error.retryAfterSeconds }), detail: '' }
    }
    const key = `reason.${error.reason}`
    if (!te(key)) return { title: error.message, detail: '' }
    const ownWords = error.status === 0 || error.status === 503 || error.status === 401 ? '' : error.message
    // The server's words have most fields in them already.
    const fields = Object.entries(error.fields).filter(([, said]) => !ownWords.includes(said)).map(([name, said]) => `${name}: ${said}`)
    return { title: t(key), detail: [ownWords, ...fields].filter(Boolean).join(' · ') }
  }

  return { errorText }
}
