import { ref, type Ref } from 'vue'

export interface Copy {
  state: Ref<'idle' | 'copied' | 'failed'>
  copy: (text: string, shown?: HTMLElement | null) => Promise<boolean>
}

// Plain HTTP has no clipboard API. Then the visible text itself is selected and copied: a hidden
// textarea would lose to a dialog's focus trap.
function copySelected(shown: HTMLElement): boolean {
  const range = document.createRange()
  range.selectNodeContents(shown)
  const selection = window.getSelection()
  selection?.removeAllRanges()
  selection?.addRange(range)
  return document.execCommand('copy')
}

export function useCopy(): Copy {
  const state = ref<'idle' | 'copied' | 'failed'>('idle')

  async function copy(text: string, shown?: HTMLElement | null) {
    const done = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    ) || (shown ? copySelected(shown) : false)
    state.value = done ? 'copied' : 'failed'
    return done
  }

  return { state, copy }
}
