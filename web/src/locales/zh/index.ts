import { auth } from './auth'
import { chart } from './chart'
import { common } from './common'
import { limits } from './limits'
import { prices } from './prices'
import { reason } from './reason'
import { shell } from './shell'
import { users } from './users'
import type { messages as en } from '../en'
export const messages: typeof en = {
  ...common,
  auth,
  chart,
  limits,
  prices,
  reason,
  shell,
  users,
}
