import { computed } from 'vue'
import { shellOf } from '@/domain/snippets'
import { curl } from '@/domain/snippets/curl'
import { useRelayUrl } from './useRelayUrl'
import { useUsableModels } from './useUsableModels'

// The line for a first request: to the relay as clients reach it, for a model that may be asked for, where any is known.
export function useFirstRequest() {
  const { url } = useRelayUrl()
  const { model, provider } = useUsableModels(() => [])
  return computed(
    () => curl({ url: url.value, key: null, model: model.value || 'claude-sonnet-4-5', provider: provider.value || 'anthropic', shell: shellOf(navigator.userAgent) })[0]!.code,
  )
}
