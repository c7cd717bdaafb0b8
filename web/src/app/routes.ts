import type { RouteRecordRaw } from 'vue-router'
import { needTexts } from '@/locales/i18n'

// One table: path, page, who may see it, where it stands in the navigation, its key (`g` then key).

export type NavGroup = 'home' | 'traffic' | 'upstream' | 'access' | 'system'

declare module 'vue-router' {
  interface RouteMeta {
    title: string // of shell.title
    access?: 'public' | 'user' | 'admin'
    nav?: NavGroup
    key?: string
    bare?: boolean // without navigation: log-in, set-up
  }
}

export const NAV_GROUPS: NavGroup[] = ['home', 'traffic', 'upstream', 'access', 'system']

// A page whose texts are not all among the first ones (locales/parts.test.ts knows which).
const worded = (load: () => Promise<object>) => async () => (await Promise.all([load(), needTexts()]))[0]

const PAGES: RouteRecordRaw[] = [
  {
    path: '/',
    name: 'dashboard',
    component: () => import('@/features/dashboard/DashboardPage.vue'),
    meta: { title: 'dashboard', access: 'user', nav: 'home', key: 'd' },
  },
  {
    path: '/logs',
    name: 'logs',
    component: () => import('@/features/logs/LogsPage.vue'),
    meta: { title: 'logs', access: 'user', nav: 'traffic', key: 'l' },
  },
  {
    path: '/usage',
    name: 'usage',
    component: () => import('@/features/usage/UsagePage.vue'),
    meta: { title: 'usage', access: 'user', nav: 'traffic', key: 'u' },
  },
  {
    path: '/playground',
    name: 'playground',
    component: worded(() => import('@/features/playground/PlaygroundPage.vue')),
    meta: { title: 'playground', nav: 'traffic', key: 'p' },
  },
  {
    path: '/accounts',
    name: 'accounts',
    component: worded(() => import('@/features/accounts/AccountsPage.vue')),
    meta: { title: 'accounts', access: 'admin', nav: 'upstream', key: 'a' },
  },
  {
    path: '/models',
    name: 'models',
    component: worded(() => import('@/features/models/ModelsPage.vue')),
    meta: { title: 'models', access: 'user', nav: 'upstream' },
  },
  {
    path: '/routes',
    name: 'routes',
    component: worded(() => import('@/features/routes/RoutesPage.vue')),
    meta: { title: 'routes', access: 'admin', nav: 'upstream' },
  },
  {
    path: '/prices',
    name: 'prices',
    component: worded(() => import('@/features/prices/PricesPage.vue')),
    meta: { title: 'prices', access: 'admin', nav: 'upstream' },
  },
  {
    path: '/explain',
    name: 'explain',
    component: worded(() => import('@/features/explain/ExplainPage.vue')),
    meta: { title: 'explain', access: 'admin', nav: 'upstream' },
  },
  {
    path: '/keys',
    name: 'keys',
    component: () => import('@/features/keys/KeysPage.vue'),
    meta: { title: 'keys', nav: 'access', key: 'k' },
  },
  {
    path: '/users',
    name: 'users',
    component: () => import('@/features/users/UsersPage.vue'),
    meta: { title: 'users', access: 'admin', nav: 'access' },
  },
  {
    path: '/groups',
    name: 'groups',
    component: worded(() => import('@/features/groups/GroupsPage.vue')),
    meta: { title: 'groups', access: 'admin', nav: 'access' },
  },
  {
    path: '/monitoring',
    name: 'monitoring',
    component: worded(() => import('@/features/monitoring/MonitoringPage.vue')),
    meta: { title: 'monitoring', access: 'admin', nav: 'system', key: 'm' },
  },
  {
    path: '/tasks',
    name: 'tasks',
    component: worded(() => import('@/features/tasks/TasksPage.vue')),
    meta: { title: 'tasks', access: 'admin', nav: 'system' },
  },
  {
    path: '/audit',
    name: 'audit',
    component: () => import('@/features/audit/AuditPage.vue'),
    meta: { title: 'audit', access: 'admin', nav: 'system' },
  },
  {
    path: '/settings/:section?',
    name: 'settings',
    component: worded(() => import('@/features/settings/SettingsPage.vue')),
    meta: { title: 'settings', access: 'admin', nav: 'system' },
  },
]

// Within the frame, but reached by the account menu.
const OWN: RouteRecordRaw[] = [
  {
    path: '/profile/:tab?',
    name: 'profile',
    component: worded(() => import('@/features/profile/ProfilePage.vue')),
    meta: { title: 'profile', access: 'user' },
  },
]

const OUTSIDE: RouteRecordRaw[] = [
  {
    path: '/key-usage',
    name: 'keyUsage',
    component: () => import('@/features/keyUsage/KeyUsagePage.vue'),
    meta: { title: 'keyUsage', access: 'public', bare: true },
  },
  {
    path: '/setup',
    name: 'setup',
    component: worded(() => import('@/features/setup/SetupPage.vue')),
    meta: { title: 'setup', access: 'public', bare: true },
  },
  {
    path: '/login',
    name: 'login',
    component: () => import('@/features/auth/LoginPage.vue'),
    meta: { title: 'login', access: 'public', bare: true },
  },
  {
    path: '/logged-in',
    name: 'loggedIn',
    component: () => import('@/features/auth/LoggedInPage.vue'),
    meta: { title: 'login', access: 'public', bare: true },
  },
  {
    path: '/new-password',
    name: 'newPassword',
    component: worded(() => import('@/features/auth/NewPasswordPage.vue')),
    meta: { title: 'newPassword', access: 'user', bare: true },
  },
  {
    path: '/register',
    name: 'register',
    component: () => import('@/features/auth/RegisterPage.vue'),
    meta: { title: 'register', access: 'public', bare: true },
  },
]

export const ROUTES: RouteRecordRaw[] = [
  ...PAGES,
  ...OWN,
  ...OUTSIDE,
  { path: '/:rest(.*)*', name: 'notFound', component: () => import('./NotFoundPage.vue'), meta: { title: 'notFound' } },
]

export interface NavEntry {
  path: string
  title: string
  group: NavGroup
  key?: string
  adminOnly: boolean
}

export const NAV: NavEntry[] = PAGES.filter((page) => page.meta?.nav).map((page) => ({
  path: page.path.replace(/\/:.*$/, ''), // without what may follow: /settings/:section?
  title: page.meta!.title,
  group: page.meta!.nav!,
  key: page.meta!.key,
  adminOnly: page.meta!.access === 'admin',
}))
