export const waterfall = { wait: 'waiting', stream: 'answer', failed: 'failed attempt' }
