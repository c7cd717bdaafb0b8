import { auth } from './auth'
import { chart } from './chart'
import { common } from './common'
import { dashboard } from './dashboard'
import { limits } from './limits'
import { models } from './models'
import { prices } from './prices'
import { reason } from './reason'
import { routes } from './routes'
import { shell } from './shell'
import { usage } from './usage'
import { users } from './users'
import type { messages as en } from '../en'

export const messages: typeof en = {
  ...common,
  auth,
  chart,
  dashboard,
  limits,
  models,
  prices,
  reason,
  routes,
  shell,
  usage,
  users,
}
