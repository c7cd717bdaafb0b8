import type { first as en } from '../en/first'
import { accountStatus } from './accountStatus'
import { accounts } from './accounts'
import { audit } from './audit'
import { auth } from './auth'
import { changes } from './changes'
import { chart } from './chart'
import { client } from './client'
import { common } from './common'
import { dashboard } from './dashboard'
import { groups } from './groups'
import { keyUsage } from './keyUsage'
import { keys } from './keys'
import { limits } from './limits'
import { logs } from './logs'
import { models } from './models'
import { password } from './password'
import { reason } from './reason'
import { shell } from './shell'
import { usage } from './usage'
import { users } from './users'
import { waterfall } from './waterfall'

export const first: typeof en = {
  ...common,
  accountStatus,
  accounts,
  audit,
  auth,
  changes,
  chart,
  client,
  dashboard,
  groups,
  keyUsage,
  keys,
  limits,
  logs,
  models,
  password,
  reason,
  shell,
  usage,
  users,
  waterfall,
}
