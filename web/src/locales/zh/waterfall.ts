import type { waterfall as en } from '../en/waterfall'

export const waterfall: typeof en = { connect: '连接', wait: '等待', stream: '回答', failed: '失败的尝试' }
