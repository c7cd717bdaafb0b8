// What the Node drivers share: serve.py's twin, one JSON object a line in, one a line out.
import readline from 'node:readline';

export const TOOL = {
  name: 'get_weather',
  description: 'The weather of a city.',
  schema: { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] },
};

// The pieces of a streamed text, and over what time they came.
export class Pieces {
  #pieces = [];
  #first = 0;
  #last = 0;

  add(piece) {
    if (!piece) return;
    this.#last = performance.now();
    if (this.#pieces.length === 0) this.#first = this.#last;
    this.#pieces.push(piece);
  }

  count() {
    return this.#pieces.length;
  }

  result() {
    return {
      text: this.#pieces.join(''),
      pieces: this.#pieces.length,
      spread_ms: Math.round(this.#last - this.#first),
    };
  }
}

export const PIECES_BEFORE_LEAVING = 3;

// Figures as the ledger has them: input is what was not read from a cache.
export function usage(input, output, cacheRead) {
  return { input, output, cache_read: cacheRead };
}

function describe(error) {
  return {
    class: error?.constructor?.name ?? typeof error,
    status: error?.status ?? error?.statusCode ?? null,
    message: String(error?.message ?? error).slice(0, 500),
  };
}

// Answers until standard input ends. What a library prints goes to standard error.
export async function serve(calls, describeError = describe) {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const ask = JSON.parse(line);
    Object.assign(process.env, ask.environment);
    let answer;
    try {
      answer = await calls[ask.call](ask);
    } catch (error) {
      answer = { error: describeError(error) };
    }
    write(JSON.stringify(answer) + '\n');
  }
}
