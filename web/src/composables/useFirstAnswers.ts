import { computed, onScopeDispose, ref } from 'vue'
import type { Resource } from './useResource'

const FIRST_MS = 1_000

// True once each has answered or failed, or a second has passed: what comes one by one pushes down what is
// there already.
export function useFirstAnswers(resources: Pick<Resource<unknown>, 'loadedAt' | 'error'>[]) {
  const late = ref(false)
  const timer = setTimeout(() => (late.value = true), FIRST_MS)
  onScopeDispose(() => clearTimeout(timer))
  return computed(() => late.value || resources.every((one) => one.loadedAt.value !== null || one.error.value !== null))
}
