import type { messages as en } from '../en'
import { accountBulk, accountTransfer } from './accountBulk'
import { accountForm } from './accountForm'
import { accountStatus } from './accountStatus'
import { accountTest, phases } from './accountTest'
import { accounts } from './accounts'
import { audit } from './audit'
import { auth } from './auth'
import { changes } from './changes'
import { chart } from './chart'
import { client } from './client'
import { common } from './common'
import { dashboard } from './dashboard'
import { explain } from './explain'
import { groups } from './groups'
import { keyUsage } from './keyUsage'
import { keys } from './keys'
import { limits } from './limits'
import { logs } from './logs'
import { models } from './models'
import { monitoring } from './monitoring'
import { password } from './password'
import { playground } from './playground'
import { prices } from './prices'
import { profile } from './profile'
import { reason } from './reason'
import { routes } from './routes'
import { settings } from './settings'
import { setup } from './setup'
import { shell } from './shell'
import { tasks } from './tasks'
import { usage } from './usage'
import { users } from './users'
import { waterfall } from './waterfall'

export const messages: typeof en = {
  ...common,
  accountBulk,
  accountForm,
  accountStatus,
  accountTest,
  accountTransfer,
  accounts,
  audit,
  auth,
  changes,
  chart,
  client,
  dashboard,
  explain,
  groups,
  keyUsage,
  keys,
  limits,
  logs,
  models,
  monitoring,
  password,
  phases,
  playground,
  prices,
  profile,
  reason,
  routes,
  settings,
  setup,
  shell,
  tasks,
  usage,
  users,
  waterfall,
}
