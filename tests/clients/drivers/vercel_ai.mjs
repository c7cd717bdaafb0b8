// Drives the Vercel AI SDK; the first argument says through which provider: messages, chat
// or responses.
import { createAnthropic } from '@ai-sdk/anthropic';
import { createOpenAI } from '@ai-sdk/openai';
import {
  RetryError,
  generateText,
  isStepCount,
  jsonSchema,
  streamText,
  tool as makeTool,
} from 'ai';
import { PIECES_BEFORE_LEAVING, Pieces, TOOL, serve, usage } from './serve.mjs';

// Made for each call: the ready-made providers keep the environment of their first use.
const providers = {
  messages: (model) => createAnthropic()(model),
  chat: (model) => createOpenAI().chat(model),
  responses: (model) => createOpenAI()(model),
};

// As docs/clients.md says: nothing is kept at the provider, the whole conversation goes each time.
const providerOptions = process.argv[2] === 'responses' ? { openai: { store: false } } : {};

function asked(ask) {
  return { model: providers[process.argv[2]](ask.model), providerOptions };
}

function usageOf(told) {
  const read = told.inputTokenDetails?.cacheReadTokens ?? 0;
  return usage(told.inputTokens - read, told.outputTokens, read);
}

// The loop of calls and results is the SDK's own.
function toolLoop(ask) {
  const calls = [];
  const weather = makeTool({
    description: TOOL.description,
    inputSchema: jsonSchema(TOOL.schema),
    execute: (input) => {
      calls.push({ name: TOOL.name, arguments: input });
      return ask.tool_result;
    },
  });
  const tools = { [TOOL.name]: weather };
  const stopWhen = isStepCount(3);
  return { calls, options: { ...asked(ask), prompt: ask.prompt, tools, stopWhen } };
}

async function whole(ask) {
  const answer = await generateText({ ...asked(ask), prompt: ask.prompt });
  return {
    text: answer.text,
    finish: answer.finishReason,
    usage: usageOf(answer.usage),
    request_id: answer.response.headers['x-weir-request-id'],
  };
}

// Errors of a stream go to a callback, not to the one who reads.
function watchErrors() {
  let failure = null;
  return {
    onError: ({ error }) => {
      failure ??= error;
    },
    check: () => {
      if (failure) throw failure;
    },
  };
}

async function stream(ask) {
  const errors = watchErrors();
  const answer = streamText({ ...asked(ask), prompt: ask.prompt, onError: errors.onError });
  const pieces = new Pieces();
  for await (const piece of answer.textStream) pieces.add(piece);
  errors.check();
  const response = await answer.response;
  return {
    ...pieces.result(),
    finish: await answer.finishReason,
    usage: usageOf(await answer.usage),
    request_id: response.headers['x-weir-request-id'],
  };
}

async function leave(ask) {
  const pieces = new Pieces();
  const stop = new AbortController();
  const options = { ...asked(ask), prompt: ask.prompt, abortSignal: stop.signal };
  for await (const piece of streamText(options).textStream) {
    pieces.add(piece);
    if (pieces.count() === PIECES_BEFORE_LEAVING) stop.abort();
  }
  return pieces.result();
}

async function tool(ask) {
  const { calls, options } = toolLoop(ask);
  return { text: (await generateText(options)).text, calls };
}

async function toolStream(ask) {
  const errors = watchErrors();
  const { calls, options } = toolLoop(ask);
  const answer = streamText({ ...options, onError: errors.onError });
  await answer.consumeStream();
  errors.check();
  return { text: await answer.text, calls };
}

async function image(ask) {
  const content = [
    { type: 'text', text: ask.prompt },
    { type: 'file', data: ask.image_base64, mediaType: 'image/png' },
  ];
  const messages = [{ role: 'user', content }];
  return { text: (await generateText({ ...asked(ask), messages })).text };
}

function describe(error) {
  const last = RetryError.isInstance(error) ? error.lastError : error;
  return {
    class: RetryError.isInstance(error) ? `${error.name} of ${last.name}` : last.name,
    status: last.statusCode ?? null,
    message: String(last.message).slice(0, 500),
  };
}

await serve({ whole, stream, leave, tool, tool_stream: toolStream, image }, describe);
