import { computed } from 'vue'
import { listModels } from '@/api/models'
import { useResource } from './useResource'

// The providers that any model is known of, as choices.
export function useProviders() {
  const { data } = useResource(() => 0, (_, signal) => listModels(signal))
  const options = computed(() =>
    [...new Set((data.value ?? []).map(({ provider }) => provider))]
      .filter(Boolean)
      .sort()
      .map((value) => ({ value, label: value })),
  )
  return { options }
}
