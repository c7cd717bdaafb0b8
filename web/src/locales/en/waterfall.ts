export const waterfall = { connect: 'connecting', wait: 'waiting', stream: 'answer', failed: 'failed attempt' }
