// Where single keys are letters rather than acts.
export function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null
  return !!element?.closest?.('input:not([type=checkbox]), textarea, select, [contenteditable=true], [role=textbox]')
}
