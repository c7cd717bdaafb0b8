import { onScopeDispose, ref, type Ref } from 'vue'

export interface Copy {
  state: Ref<'idle' | 'copied' | 'failed'>
  copy: (text: string, near: HTMLElement | null) => Promise<boolean>
}

const SAID_MS = 2_000

// Plain HTTP has no clipboard API. Then a text is selected and copied the old way: not in a hidden textarea,
// which would lose to a dialog's focus trap, but as text beside the button, which needs no focus.
function copySelected(text: string, near: HTMLElement): boolean {
  const shown = document.createElement('span')
  shown.textContent = text
  shown.style.cssText = 'position: fixed; opacity: 0; white-space: pre'
  near.append(shown)
  const range = document.createRange()
  range.selectNodeContents(shown)
  const selection = window.getSelection()
  selection?.removeAllRanges()
  selection?.addRange(range)
  const done = document.execCommand('copy')
  selection?.removeAllRanges()
  shown.remove()
  return done
}

export function useCopy(): Copy {
  const state = ref<'idle' | 'copied' | 'failed'>('idle')
  let timer: ReturnType<typeof setTimeout> | undefined

  async function copy(text: string, near: HTMLElement | null) {
    const written = await navigator.clipboard?.writeText(text).then(
      () => true,
      () => false,
    )
    const done = written || (near !== null && copySelected(text, near))
    state.value = done ? 'copied' : 'failed'
    clearTimeout(timer)
    timer = setTimeout(() => (state.value = 'idle'), SAID_MS)
    return done
  }

  onScopeDispose(() => clearTimeout(timer))
  return { state, copy }
}
