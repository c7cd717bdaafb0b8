import { ref, type Ref } from 'vue'

// How far the wizard is, so that a reload goes on where it was. No secret is kept: only which account and key were made.

export const STEPS = ['administrator', 'account', 'key', 'answer'] as const
export type Step = (typeof STEPS)[number]

export interface Progress {
  step: Step
  accountId: number
  keyId: number
}

const idOf = (kept: unknown) => (Number.isSafeInteger(kept) && (kept as number) > 0 ? (kept as number) : 0)

const NAME = 'weir.setup'

export function readProgress(): Progress | null {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? 'null') as Partial<Progress> | null
    const step = STEPS.find((name) => name === kept?.step)
    return step ? { step, accountId: idOf(kept?.accountId), keyId: idOf(kept?.keyId) } : null
  } catch {
    return null
  }
}

export function keepProgress(progress: Progress | null) {
  if (progress) localStorage.setItem(NAME, JSON.stringify(progress))
  else localStorage.removeItem(NAME)
}

type Made = Partial<Omit<Progress, 'step'>>

export interface SetupProgress {
  step: Ref<Step>
  accountId: Ref<number>
  keyId: Ref<number>
  go: (next: Step, made?: Made) => void
}

// Null: there is an administrator, and nobody is in the middle of the wizard.
export function useSetupProgress(setupNeeded: boolean): SetupProgress | null {
  const kept = setupNeeded ? { step: 'administrator' as const, accountId: 0, keyId: 0 } : readProgress()
  if (!kept || (!setupNeeded && kept.step === 'administrator')) return null
  const step = ref<Step>(kept.step)
  const accountId = ref(kept.accountId)
  const keyId = ref(kept.keyId)

  function go(next: Step, made: Made = {}) {
    step.value = next
    accountId.value = made.accountId ?? accountId.value
    keyId.value = made.keyId ?? keyId.value
    keepProgress({ step: next, accountId: accountId.value, keyId: keyId.value })
  }

  return { step, accountId, keyId, go }
}
