import { computed, ref, watch, type ComputedRef, type Ref, type ShallowRef } from 'vue'
import type { ApiError } from '@/api/errors'
import { listModels } from '@/api/models'
import { allowedModels, firstModel, type ModelName } from '@/domain/models'
import { useResource } from './useResource'

export interface UsableModels {
  models: ComputedRef<ModelName[]>
  model: Ref<string> // chosen; a good first one until somebody chooses
  provider: ComputedRef<string> // of the chosen one
  loaded: ComputedRef<boolean>
  error: ShallowRef<ApiError | null>
}

// The models that a key may use, and one of them.
export function useUsableModels(patterns: () => readonly string[]): UsableModels {
  const { data, error } = useResource(() => '', (_question, signal) => listModels(signal))
  const models = computed(() => allowedModels(data.value ?? [], patterns()))
  const model = ref('')
  watch(models, (all) => {
    if (!all.some(({ name }) => name === model.value)) model.value = firstModel(all)?.name ?? ''
  }, { immediate: true })
  const provider = computed(() => models.value.find(({ name }) => name === model.value)?.provider ?? '')
  return { models, model, provider, loaded: computed(() => data.value !== null), error }
}
