import type { Page } from 'playwright-core'
import { expect } from 'vitest'

// What is pressed is large enough: for a mouse as WCAG 2.5.8 has it, for a finger as 2.5.5 has it.

const MOUSE_PX = 24
const FINGER_PX = 44

interface Target {
  what: string
  width: number
  height: number
}

// Runs in the page. A field's frame or a label around it is pressed like the field itself; a link in a line of text is
// as high as the line, as both rules allow.
const FIND = `(() => {
  const PRESSED = 'a[href], button, select, input:not([type=hidden]), textarea, summary, [role=button], [role=checkbox], [role=switch], [role=radio], [role=tab], [role=option], [role=menuitem], .n-dropdown-option-body, .n-base-select-option'
  const AROUND = '.n-base-selection, .n-input, .n-checkbox, label'
  const inText = (element) => getComputedStyle(element).display === 'inline' &&
    [...element.parentElement.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim().length > 2)
  const found = new Set([...document.querySelectorAll(PRESSED)].map((element) => element.closest(AROUND) ?? element))
  return [...found]
    .filter((element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !element.closest('[inert], [aria-hidden=true], .visually-hidden'))
    .map((element) => ({ element, box: element.getBoundingClientRect() }))
    .filter(({ element, box }) => box.width > 1 && box.right > 0 && !inText(element))
    .map(({ element, box }) => ({
      what: element.tagName.toLowerCase() + '.' + [...element.classList].join('.') + ' in ' + [...element.parentElement.classList].join('.') + ' "' + (element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 30) + '"',
      width: Math.round(box.width * 10) / 10, height: Math.round(box.height * 10) / 10,
    }))
})()`

export async function checkTargets(page: Page, touch: boolean) {
  const least = touch ? FINGER_PX : MOUSE_PX
  const all = (await page.evaluate(FIND)) as Target[]
  const small = all.filter(({ width, height }) => Math.min(width, height) < least)
  expect(small.map(({ what, width, height }) => `${width} × ${height} ${what}`)).toEqual([])
}
