import { first } from './first'
import { more } from './more'

export const messages = { ...first, ...more }
