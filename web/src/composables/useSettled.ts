import { computed, onScopeDispose, ref, type ComputedRef } from 'vue'
import type { Resource } from './useResource'

type Part = Pick<Resource<unknown>, 'loadedAt' | 'error'>

// Whether what stands above a list has answered once, so that it does not push the list down when it comes.
// Who is slow is not waited for longer than `patienceMs`.
export function useSettled(parts: Part[], patienceMs = 1_000): ComputedRef<boolean> {
  const late = ref(false)
  const timer = setTimeout(() => (late.value = true), patienceMs)
  onScopeDispose(() => clearTimeout(timer))
  return computed(() => late.value || parts.every(({ loadedAt, error }) => loadedAt.value !== null || error.value !== null))
}
