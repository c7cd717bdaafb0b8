import { onScopeDispose, type Ref } from 'vue'
import { useUi } from '@/stores/ui'
import { isTyping } from './isTyping'

// Keys of a list from anywhere on its page: j and k lead to the row that had them last, or the first one; r asks for
// the rows again. What stands in a dialog over the page goes before the page.
export function useListKeys(body: Ref<HTMLElement | null>, reload: () => void) {
  const ui = useUi()
  let last: HTMLElement | null = null

  const onFocus = ({ target }: FocusEvent) => {
    if (body.value?.contains(target as Node)) last = (target as HTMLElement).closest('tr')
  }

  function enter(): boolean {
    const row = last?.isConnected ? last : body.value?.querySelector<HTMLElement>('tr[tabindex]')
    row?.focus()
    return !!row
  }

  const KEYS: Record<string, () => boolean> = { j: enter, k: enter, r: () => (reload(), true) }

  function onKey(event: KeyboardEvent) {
    const modal = document.querySelector('[aria-modal=true]')
    const elsewhere = modal && !modal.contains(body.value)
    if (!ui.shortcuts || event.defaultPrevented || elsewhere || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
    if (KEYS[event.key]?.()) event.preventDefault()
  }

  document.addEventListener('keydown', onKey)
  document.addEventListener('focusin', onFocus)
  onScopeDispose(() => {
    document.removeEventListener('keydown', onKey)
    document.removeEventListener('focusin', onFocus)
  })
}
