import { isTyping } from './isTyping'

// A key that is nobody's text and no browser's command, with no dialog over the page.
export function isShortcut(event: KeyboardEvent): boolean {
  // Where brackets are typed with AltGr, that is held as Ctrl and Alt.
  const held = (event.ctrlKey || event.altKey) && !event.getModifierState('AltGraph')
  if (held || event.metaKey || isTyping(event.target)) return false
  return !document.querySelector('[role=dialog][aria-modal=true].dialog, [role=alertdialog]')
}
