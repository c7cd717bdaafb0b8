export const limits = {
  rpm: 'Requests per minute',
  tpm: 'Tokens per minute',
  concurrency: 'Requests at once',
  requests_per_day: 'Requests per day',
  requests_per_month: 'Requests per month',
  requests_total: 'Requests in all',
  usd_per_day: 'USD per day',
  usd_per_month: 'USD per month',
  usd_total: 'USD in all',
  help: 'Empty: no limit.',
  wholeNumber: 'A whole number, 0 or more.',
  amount: 'An amount such as 10 or 2.50.',
}
