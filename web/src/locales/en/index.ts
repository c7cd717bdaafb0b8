import { auth } from './auth'
import { chart } from './chart'
import { common } from './common'
import { limits } from './limits'
import { prices } from './prices'
import { reason } from './reason'
import { shell } from './shell'
import { users } from './users'

export const messages = {
  ...common,
  auth,
  chart,
  limits,
  prices,
  reason,
  shell,
  users,
}
