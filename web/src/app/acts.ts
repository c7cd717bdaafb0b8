// What the palette can begin: a page with its form or its drawer open.
export interface PaletteAct {
  name: 'addAccount' | 'createKey' | 'addUser' | 'addGroup' | 'addRoute' | 'tryRoute' | 'addPrice' | 'importPrices' | 'invite' | 'password'
  path: string
  adminOnly: boolean
}

export const ACTS: PaletteAct[] = [
  { name: 'createKey', path: '/keys?add=true', adminOnly: false },
  { name: 'addAccount', path: '/accounts?add=true', adminOnly: true },
  { name: 'addUser', path: '/users?add=true', adminOnly: true },
  { name: 'addGroup', path: '/groups?add=true', adminOnly: true },
  { name: 'addRoute', path: '/routes?add=true', adminOnly: true },
  { name: 'tryRoute', path: '/routes?try=true', adminOnly: true },
  { name: 'addPrice', path: '/prices?add=true', adminOnly: true },
  { name: 'importPrices', path: '/prices?import=true', adminOnly: true },
  { name: 'invite', path: '/settings/invites?add=true', adminOnly: true },
  { name: 'password', path: '/profile/password', adminOnly: false },
]
