import type { changes as en } from '../en/changes'

export const changes: typeof en = {
  title: '变更',
  none: '还没有人修改过。',
  secret: '已更换',
  all: '查看审计日志',
  action: {
    create: '创建',
    update: '修改',
    delete: '删除',
    enable: '启用',
    disable: '停用',
    reset: '清除状态',
    refresh: '续期凭据',
    test: '测试',
    check: '检测',
    import: '导入',
    export: '导出',
    export_with_secrets: '导出（含密钥）',
    playground_token: '生成操练场令牌',
  },
}
