import { computed, shallowRef, type ComputedRef } from 'vue'
import type { RecordForm } from './useRecordForm'

type Send = () => Promise<boolean>

export interface AskedSave {
  asks: ComputedRef<boolean>
  save: () => void
  over: () => void // mine over theirs
  cancel: () => void
  confirm: () => Promise<void>
}

// A form whose saving may stop something: it asks first, by its button as after a conflict.
export function useAskedSave(form: Pick<RecordForm<never, unknown>, 'check' | 'submit' | 'saveOver'>, stops: () => boolean, done: () => void): AskedSave {
  const asked = shallowRef<Send | null>(null)

  async function go(send: Send) {
    asked.value = null
    if (await send()) done()
  }

  function begin(send: Send) {
    if (stops() && form.check()) asked.value = send
    else void go(send)
  }

  return {
    asks: computed(() => asked.value !== null),
    save: () => begin(form.submit),
    over: () => begin(form.saveOver),
    cancel: () => void (asked.value = null),
    confirm: () => go(asked.value!),
  }
}
