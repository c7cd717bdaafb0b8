import type { more as en } from '../en/more'
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

export const more: typeof en = {
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
