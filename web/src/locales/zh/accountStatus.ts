import type { accountStatus as en } from '../en/accountStatus'

export const accountStatus: typeof en = {
  word: {
    normal: '正常',
    rate_limited: '限流',
    api_exception: '接口异常',
    account_exception: '凭据被拒',
    disabled: '已停用',
    trying: '试探中',
    unknown: '未知',
  },
  until: '{clock} 恢复（{span}）',
  since: '自 {clock}',
  failures: '连续失败 {n}/{of} 次',
  nextTry: '{clock} 再试',
  onlyModel: '仅 {model}',
  moreModels: '另有 {count} 个模型',
  act: { test: '测试', check: '重新检测', replace: '更换', enable: '启用' },
}
