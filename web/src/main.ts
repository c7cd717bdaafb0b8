import { createPinia } from 'pinia'
import { createApp } from 'vue'
import { createRouter, createWebHistory } from 'vue-router'
import App from './App.vue'
import { guard } from './app/guards'
import { ROUTES } from './app/routes'
import { i18n, speak } from './locales/i18n'
import { useUi } from './stores/ui'
import './theme/base.css'

const router = createRouter({
  history: createWebHistory(),
  routes: ROUTES,
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
})

const app = createApp(App).use(createPinia()).use(i18n).use(router)
guard(router)
// Without the chosen language's texts (a chunk that cannot be loaded) there is English.
void speak(useUi().language)
  .catch(() => speak('en'))
  .catch(() => undefined)
  .then(() => app.mount('#app'))
