import { changeUser, deleteUser, type User } from '@/api/users'

// What can be done with a user from its row, beside opening it.
export const USER_CHANGES = {
  enable: ({ id, version }: User) => changeUser(id, version, { status: 'active' }),
  disable: ({ id, version }: User) => changeUser(id, version, { status: 'disabled' }),
  remove: ({ id }: User) => deleteUser(id),
} as const

export type UserChange = keyof typeof USER_CHANGES
export type UserRowAct = UserChange | 'edit' | 'passwordMake'

// Whoever looks at their own row neither ends the log-in that they look with, nor takes it away from themselves.
export function rowActs({ id, status }: Pick<User, 'id' | 'status'>, me: number): UserRowAct[] {
  if (id === me) return ['edit']
  return ['edit', 'passwordMake', status === 'disabled' ? 'enable' : 'disable', 'remove']
}
