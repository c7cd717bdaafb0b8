import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { browserZone, zoneName } from '@/domain/time'

// The reader's taste, kept in this browser.

export type Theme = 'system' | 'light' | 'dark'
export type Language = 'en' | 'zh'
export type Density = 'normal' | 'compact' // of the rows of lists

function kept<Value extends string>(name: string, values: readonly Value[]): Value | null {
  const text = localStorage.getItem(`weir.${name}`)
  return values.find((value) => value === text) ?? null
}

const browserLanguage = (): Language => (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en')

export const useUi = defineStore('ui', () => {
  const theme = ref<Theme>(kept('theme', ['system', 'light', 'dark']) ?? 'system')
  const language = ref<Language>(kept('language', ['en', 'zh']) ?? browserLanguage())
  const density = ref<Density>(kept('density', ['normal', 'compact']) ?? 'normal')
  const zone = ref(localStorage.getItem('weir.zone') ?? '')
  const shortcuts = ref(localStorage.getItem('weir.shortcuts') !== 'off')
  const patterns = ref(localStorage.getItem('weir.patterns') === 'on') // in charts

  const media = window.matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(media.matches)
  media.addEventListener('change', (event) => (systemDark.value = event.matches))

  const finger = window.matchMedia('(pointer: coarse)')
  const touch = ref(finger.matches)
  finger.addEventListener('change', (event) => (touch.value = event.matches))

  // Paper is white, and may be without colours.
  const printing = ref(false)
  window.addEventListener('beforeprint', () => (printing.value = true))
  window.addEventListener('afterprint', () => (printing.value = false))
  const patterned = computed(() => patterns.value || printing.value)

  const isDark = computed(() => !printing.value && (theme.value === 'dark' || (theme.value === 'system' && systemDark.value)))
  const zoneLabel = computed(() => zoneName(zone.value))
  const zoneId = computed(() => zone.value || browserZone())

  watch(theme, (value) => localStorage.setItem('weir.theme', value))
  watch(language, (value) => localStorage.setItem('weir.language', value))
  watch(density, (value) => localStorage.setItem('weir.density', value))
  watch(zone, (value) => localStorage.setItem('weir.zone', value))
  watch(shortcuts, (value) => localStorage.setItem('weir.shortcuts', value ? 'on' : 'off'))
  watch(patterns, (value) => localStorage.setItem('weir.patterns', value ? 'on' : 'off'))

  return { theme, language, density, zone, shortcuts, patterns, patterned, touch, isDark, zoneLabel, zoneId }
})
