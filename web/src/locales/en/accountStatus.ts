// Words of an account's state, on every page that shows one.
export const accountStatus = {
  word: {
    normal: 'Normal',
    rate_limited: 'Limited',
    api_exception: 'API errors',
    account_exception: 'Credential refused',
    disabled: 'Disabled',
    trying: 'Trying again',
    unknown: 'Not known',
  },
  until: 'until {clock} ({span})',
  since: 'since {clock}',
  failures: '{n} of {of} failures in a row',
  nextTry: 'next try {clock}',
  onlyModel: 'only {model}',
  moreModels: '{count} more model | {count} more models',
  act: { test: 'Test', check: 'Check again', replace: 'Replace', enable: 'Enable' },
}
