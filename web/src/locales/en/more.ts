import { accountBulk, accountTransfer } from './accountBulk'
import { accountForm } from './accountForm'
import { accountTest, phases } from './accountTest'
import { explain } from './explain'
import { monitoring } from './monitoring'
import { playground } from './playground'
import { prices } from './prices'
import { profile } from './profile'
import { routes } from './routes'
import { settings } from './settings'
import { setup } from './setup'
import { tasks } from './tasks'

// What the pages that configure say: loaded before the first of them (locales/i18n.ts).
export const more = {
  accountBulk,
  accountForm,
  accountTest,
  accountTransfer,
  explain,
  monitoring,
  phases,
  playground,
  prices,
  profile,
  routes,
  settings,
  setup,
  tasks,
}
