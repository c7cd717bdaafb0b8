// Drives the Anthropic SDK for Node; the first argument is the package, of which there are two
// generations.
import { PIECES_BEFORE_LEAVING, Pieces, TOOL, serve, usage } from './serve.mjs';

const { default: Anthropic } = await import(process.argv[2]);
const tools = [{ name: TOOL.name, description: TOOL.description, input_schema: TOOL.schema }];

function usageOf(told) {
  return usage(told.input_tokens, told.output_tokens, told.cache_read_input_tokens);
}

function textOf(message) {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('');
}

function asked(ask) {
  const messages = [{ role: 'user', content: ask.prompt }];
  return { model: ask.model, max_tokens: 1024, messages };
}

async function whole(ask) {
  const call = new Anthropic().messages.create(asked(ask)).withResponse();
  const { data, response, request_id } = await call;
  return {
    text: textOf(data),
    finish: data.stop_reason,
    usage: usageOf(data.usage),
    request_id: response.headers.get('x-weir-request-id'),
    sdk_request_id: request_id,
  };
}

async function stream(ask) {
  const pieces = new Pieces();
  const events = new Anthropic().messages.stream(asked(ask));
  events.on('text', (piece) => pieces.add(piece));
  const message = await events.finalMessage();
  return {
    ...pieces.result(),
    finish: message.stop_reason,
    usage: usageOf(message.usage),
    request_id: events.response.headers.get('x-weir-request-id'),
  };
}

async function leave(ask) {
  const pieces = new Pieces();
  const events = await new Anthropic().messages.create({ ...asked(ask), stream: true });
  for await (const event of events) {
    pieces.add(event.delta?.text);
    if (pieces.count() === PIECES_BEFORE_LEAVING) break;
  }
  return pieces.result();
}

async function answerCalls(client, body, message, ask) {
  const calls = message.content.filter((block) => block.type === 'tool_use');
  const content = calls.map((call) => ({
    type: 'tool_result',
    tool_use_id: call.id,
    content: ask.tool_result,
  }));
  const messages = [
    ...body.messages,
    { role: 'assistant', content: message.content },
    { role: 'user', content },
  ];
  const last = await client.messages.create({ ...body, messages });
  return {
    text: textOf(last),
    calls: calls.map((call) => ({ name: call.name, arguments: call.input })),
  };
}

async function tool(ask) {
  const client = new Anthropic();
  const body = { ...asked(ask), tools };
  return answerCalls(client, body, await client.messages.create(body), ask);
}

async function toolStream(ask, more = {}) {
  const client = new Anthropic();
  const body = { ...asked(ask), tools, ...more };
  const first = await client.messages.stream(body).finalMessage();
  return answerCalls(client, body, first, ask);
}

// Asked for: OpenAI gives it in a form that can come back only then.
async function thinking(ask) {
  const budget = { type: 'enabled', budget_tokens: 1024 };
  return toolStream(ask, { max_tokens: 2048, thinking: budget });
}

async function image(ask) {
  const source = { type: 'base64', media_type: 'image/png', data: ask.image_base64 };
  const content = [
    { type: 'image', source },
    { type: 'text', text: ask.prompt },
  ];
  const body = { ...asked(ask), messages: [{ role: 'user', content }] };
  return { text: textOf(await new Anthropic().messages.create(body)) };
}

async function models() {
  const ids = [];
  for await (const model of new Anthropic().models.list()) ids.push(model.id);
  return { ids };
}

async function count(ask) {
  const { max_tokens: _, ...body } = asked(ask);
  return { input: (await new Anthropic().messages.countTokens(body)).input_tokens };
}

await serve({
  whole,
  stream,
  leave,
  tool,
  tool_stream: toolStream,
  thinking,
  image,
  models,
  count,
});
