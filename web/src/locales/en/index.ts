import { accountBulk, accountTransfer } from './accountBulk'
import { accountForm } from './accountForm'
import { accounts } from './accounts'
import { accountStatus } from './accountStatus'
import { accountTest, phases } from './accountTest'
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
import { models } from './models'
import { prices } from './prices'
import { profile } from './profile'
import { reason } from './reason'
import { routes } from './routes'
import { settings } from './settings'
import { password } from './password'
import { playground } from './playground'
import { setup } from './setup'
import { shell } from './shell'
import { usage } from './usage'
import { users } from './users'

export const messages = {
  ...common,
  accountBulk,
  accountForm,
  accounts,
  accountStatus,
  accountTest,
  accountTransfer,
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
  models,
  phases,
  prices,
  profile,
  reason,
  routes,
  settings,
  password,
  playground,
  setup,
  shell,
  usage,
  users,
}
