import { ref, type Ref } from 'vue'

// How far the wizard is, so that a reload goes on where it was. No secret is kept: only which key was made.

export const STEPS = ['administrator', 'account', 'key', 'answer'] as const
export type Step = (typeof STEPS)[number]

export interface Progress {
  step: Step
  keyId: number
}

const NAME = 'weir.setup'

export function readProgress(): Progress | null {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? 'null') as Partial<Progress> | null
    const step = STEPS.find((name) => name === kept?.step)
    return step ? { step, keyId: Number.isSafeInteger(kept?.keyId) ? kept!.keyId! : 0 } : null
  } catch {
    return null
  }
}

export function keepProgress(progress: Progress | null) {
  if (progress) localStorage.setItem(NAME, JSON.stringify(progress))
  else localStorage.removeItem(NAME)
}

export interface SetupProgress {
  step: Ref<Step>
  keyId: Ref<number>
  go: (next: Step, keyId?: number) => void
}

// Null: there is an administrator, and nobody is in the middle of the wizard.
export function useSetupProgress(setupNeeded: boolean): SetupProgress | null {
  const kept = setupNeeded ? { step: 'administrator' as const, keyId: 0 } : readProgress()
  if (!kept || (!setupNeeded && kept.step === 'administrator')) return null
  const step = ref<Step>(kept.step)
  const keyId = ref(kept.keyId)

  function go(next: Step, made = keyId.value) {
    step.value = next
    keyId.value = made
    keepProgress({ step: next, keyId: made })
  }

  return { step, keyId, go }
}
