import { onScopeDispose, ref, shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { changeAccount, createAccount, getAccount, testAccount, type Account, type AccountTest } from '@/api/accounts'
import { asApiError, isAbort, type ApiError } from '@/api/errors'
import { useForm } from '@/composables/useForm'
import { PLATFORMS, urlAfter, type PlatformName } from '@/domain/platforms'

// The kinds of account that a first one usually is; all others have a page of their own.
export const FIRST_PLATFORMS = ['claude', 'openai', 'gemini', 'claude_console', 'ollama'] as const satisfies readonly PlatformName[]

// The account that was made before a reload: it is mended rather than made twice.
function useMadeAccount(id: number, left: AbortSignal, found: (account: Account) => void) {
  const loading = ref(false)
  const loadError = shallowRef<ApiError | null>(null)

  async function load() {
    loading.value = true
    loadError.value = null
    try {
      found(await getAccount(id, left))
    } catch (failure) {
      if (!isAbort(failure) && asApiError(failure).status !== 404) loadError.value = asApiError(failure) // 404: it was deleted
    } finally {
      loading.value = false
    }
  }

  if (id) void load()
  return { loading, loadError, load }
}

// Saved, then tested with one real request; a failure is mended in the same form.
export function useFirstAccount(madeId: number, made: (id: number) => void) {
  const { t } = useI18n()
  const account = shallowRef<Account | null>(null)
  const test = shallowRef<AccountTest | null>(null)
  const testError = shallowRef<ApiError | null>(null)
  const testing = ref(false)
  const answer = ref('') // as it comes
  const left = new AbortController()
  onScopeDispose(() => left.abort())

  async function runTest() {
    testing.value = true
    testError.value = null
    answer.value = ''
    try {
      test.value = await testAccount(account.value!.id, {}, { phase: () => undefined, text: (piece) => (answer.value += piece) }, left.signal)
    } catch (failure) {
      testError.value = asApiError(failure)
    } finally {
      testing.value = false
    }
  }

  const required = (value: string) => (value.trim() ? '' : t('form.required'))
  const form = useForm(
    { platform_type: 'claude' as PlatformName, name: 'claude', request_url: PLATFORMS.claude.url, secret_key: '' },
    {
      name: required,
      request_url: required,
      secret_key: (value, { platform_type }) => (PLATFORMS[platform_type].credentials[0] === 'none' || account.value ? '' : required(value)),
    },
    async ({ secret_key, ...rest }) => {
      test.value = null
      const body = { ...rest, ...(secret_key.trim() && { secret_key: secret_key.trim() }) }
      const { data } = await (account.value ? changeAccount(account.value.id, account.value.version, body) : createAccount(body))
      account.value = data
      made(data.id)
    },
  )

  const { loading, loadError, load } = useMadeAccount(madeId, left.signal, (found) => {
    account.value = found
    const { name, platform_type, request_url } = found
    form.reset({ name, platform_type: platform_type as PlatformName, request_url, secret_key: '' })
  })

  // Another platform: its address, and its name unless somebody has written another.
  function choose(platform: PlatformName) {
    const { values } = form
    if (values.name === values.platform_type) values.name = platform
    values.request_url = urlAfter(values.request_url, platform)
    values.platform_type = platform
  }

  async function saveAndTest() {
    if (await form.submit()) await runTest()
  }

  return { ...form, account, test, testError, testing, answer, loading, loadError, load, choose, saveAndTest, runTest }
}
