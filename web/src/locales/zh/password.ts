import type { password as en } from '../en/password'

export const password: typeof en = {
  help: '至少 8 个字符，其中五个不同；不可使用常见密码。',
  short: '至少 8 个字符。',
  long: '最多 256 字节。',
  same: '至少五个不同的字符。',
  strength: { none: '太短', weak: '容易猜到', fair: '一般', good: '良好', strong: '很强' },
}
