import { ref } from 'vue'
import { useUnsaved } from '@/composables/useUnsaved'

// The question that is being written; `edited`: the turn whose question it replaces, 0 for a new one.
export function useDraft() {
  const draft = ref('')
  const edited = ref(0)

  function edit(id: number, words: string) {
    edited.value = id
    draft.value = words
  }

  // What was typed while the token came is the next question.
  function sent(words: string, from: number) {
    if (edited.value !== from) return
    if (draft.value === words) draft.value = ''
    edited.value = 0
  }

  useUnsaved(() => draft.value.trim() !== '')
  return { draft, edited, edit, sent }
}
