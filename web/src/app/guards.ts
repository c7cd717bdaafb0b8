import { watch } from 'vue'
import type { Router } from 'vue-router'
import { mayLeave } from '@/composables/useUnsaved'
import { i18n } from '@/locales/i18n'
import { useSession } from '@/stores/session'
import { useSite } from '@/stores/site'

// Only a path of this site: "//evil.example" and "https:…" are not.
export function safeNext(next: unknown): string {
  return typeof next === 'string' && /^\/(?![/\\])/.test(next) ? next : '/'
}

export const askToLeave = () => window.confirm(`${i18n.global.t('form.leaveTitle')} ${i18n.global.t('form.leaveText')}`)

export function guard(router: Router) {
  router.beforeEach((to) => mayLeave(to, askToLeave))
  router.beforeEach(async (to) => {
    const session = useSession()
    const site = useSite()
    if (!site.site) await site.load()
    if (site.site?.setup_needed) return to.name === 'setup' ? true : { name: 'setup', hash: to.hash }
    if (to.meta.access === 'public') return true
    if (!session.user && !(await session.load())) {
      return { name: 'login', query: to.path === '/' ? {} : { next: to.fullPath } }
    }
    // Whose password somebody else has made gets nothing else before (reason new_password_needed).
    const first = session.user?.must_change_password === true
    if (first && to.name !== 'newPassword') return { name: 'newPassword', query: to.path === '/' ? {} : { next: to.fullPath } }
    if (!first && to.name === 'newPassword') return safeNext(to.query.next)
    return true
  })
  // The first page may be there before the texts are.
  const setTitle = () => {
    const { title } = router.currentRoute.value.meta
    if (title && i18n.global.te(`shell.title.${title}`)) document.title = `${i18n.global.t(`shell.title.${title}`)} · ${useSite().site?.name || 'Weir'}`
  }
  router.afterEach(setTitle)
  watch([i18n.global.locale, i18n.global.messages], setTitle)
}
