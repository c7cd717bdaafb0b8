import type { messages as en } from '../en'
import { first } from './first'
import { more } from './more'

export const messages: typeof en = { ...first, ...more }
