export const changes = {
  title: 'Changes',
  none: 'Nobody has changed it yet.',
  secret: 'changed',
  all: 'In the audit log',
  action: {
    create: 'made it',
    update: 'changed it',
    delete: 'deleted it',
    enable: 'put it in service',
    disable: 'took it out of service',
    reset: 'cleared its state',
    refresh: 'renewed its credential',
    test: 'tested it',
    check: 'checked it',
    import: 'imported it',
    export: 'exported it',
  },
}
