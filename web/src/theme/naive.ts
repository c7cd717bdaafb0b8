import type { GlobalThemeOverrides } from 'naive-ui'
import type { Tokens } from './tokens'

// Naive UI's own state colours fail as text on white (2.15 to 3.88), so every one is replaced.

function stateColours(name: 'primary' | 'info' | 'success' | 'warning' | 'error', colour: string) {
  return {
    [`${name}Color`]: colour,
    [`${name}ColorHover`]: colour,
    [`${name}ColorPressed`]: colour,
    [`${name}ColorSuppl`]: colour,
  }
}

export const sans =
  'system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif'
export const mono = 'ui-monospace, "Cascadia Mono", "Noto Sans Mono CJK SC", Menlo, Consolas, monospace'

function button(t: Tokens) {
  return {
    textColorPrimary: t.onAccent,
    textColorHoverPrimary: t.onAccent,
    textColorPressedPrimary: t.onAccent,
    textColorFocusPrimary: t.onAccent,
    textColorDisabledPrimary: t.onAccent,
    colorError: t.danger,
    colorHoverError: t.danger,
    colorPressedError: t.danger,
    colorFocusError: t.danger,
    textColorError: t.onDanger,
    textColorHoverError: t.onDanger,
    textColorPressedError: t.onDanger,
    textColorFocusError: t.onDanger,
    border: `1px solid ${t.control}`,
  }
}

const FINGER = '44px'

// Of all that is pressed; for a mouse Naive UI's own, but for the tiny ones.
function heights(touch: boolean) {
  if (!touch) return { common: { heightTiny: '24px' } }
  const options = { optionHeightSmall: FINGER, optionHeightMedium: FINGER }
  return {
    common: { heightTiny: FINGER, heightSmall: FINGER, heightMedium: FINGER, heightLarge: FINGER },
    Dropdown: options,
    InternalSelectMenu: options,
  }
}

export function naiveTheme(t: Tokens, touch: boolean): GlobalThemeOverrides {
  const { common, ...menus } = heights(touch)
  return {
    ...menus,
    common: {
      ...common,
      ...stateColours('primary', t.accent),
      ...stateColours('info', t.info.text),
      ...stateColours('success', t.good.text),
      ...stateColours('warning', t.warn.text),
      ...stateColours('error', t.bad.text),
      bodyColor: t.page,
      cardColor: t.card,
      modalColor: t.card,
      popoverColor: t.card,
      tableColor: t.card,
      inputColor: t.card,
      actionColor: t.sunken,
      hoverColor: t.hover,
      textColorBase: t.text1,
      textColor1: t.text1,
      textColor2: t.text1,
      textColor3: t.text2,
      placeholderColor: t.text3,
      borderColor: t.control,
      dividerColor: t.line,
      borderRadius: '4px',
      borderRadiusSmall: '4px',
      fontFamily: sans,
      fontFamilyMono: mono,
      fontSize: '14px',
      cubicBezierEaseInOut: 'ease',
    },
    Button: button(t),
    Switch: { railColor: t.control },
    Input: { border: `1px solid ${t.control}`, placeholderColor: t.text3 },
    InternalSelection: { border: `1px solid ${t.control}`, placeholderColor: t.text3 },
    Dialog: { borderRadius: '8px' },
    Card: { borderRadius: '6px', borderColor: t.line },
    Drawer: { color: t.card },
  }
}
