export const chart = {
  asTable: 'as table',
  asChart: 'as chart',
  time: 'Time',
  total: 'total',
  unfinished: 'The last bucket is not over yet.',
}
