export const usage = {
  all: 'All',
  other: 'Other',
  measures: { cost: 'Cost', requests: 'Requests', tokens: 'Tokens', errors: 'Failed' },
}
