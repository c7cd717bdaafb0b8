// Drives the OpenAI SDK for Node through Responses.
import OpenAI from 'openai';
import { PIECES_BEFORE_LEAVING, Pieces, TOOL, serve, usage } from './serve.mjs';

const tools = [
  {
    type: 'function',
    name: TOOL.name,
    description: TOOL.description,
    parameters: TOOL.schema,
    strict: false,
  },
];

function usageOf(told) {
  const cached = told.input_tokens_details.cached_tokens;
  return usage(told.input_tokens - cached, told.output_tokens, cached);
}

// As agents ask: nothing is kept at the provider, the whole conversation goes each time.
function asked(ask) {
  const input = [{ role: 'user', content: ask.prompt }];
  return { model: ask.model, input, store: false };
}

async function whole(ask) {
  const call = new OpenAI().responses.create(asked(ask)).withResponse();
  const { data, response, request_id } = await call;
  return {
    text: data.output_text,
    finish: data.status,
    usage: usageOf(data.usage),
    request_id: response.headers.get('x-weir-request-id'),
    sdk_request_id: request_id,
  };
}

// The library raises nothing when the provider ends an answer as failed.
class FailedAnswer extends Error {}

async function stream(ask) {
  const pieces = new Pieces();
  const events = new OpenAI().responses.stream(asked(ask));
  events.on('response.output_text.delta', (event) => pieces.add(event.delta));
  const answer = await events.finalResponse();
  if (answer.status === 'failed') throw new FailedAnswer(answer.error.message);
  return { ...pieces.result(), finish: answer.status, usage: usageOf(answer.usage) };
}

async function leave(ask) {
  const events = await new OpenAI().responses.create({ ...asked(ask), stream: true });
  const pieces = new Pieces();
  for await (const event of events) {
    if (event.type === 'response.output_text.delta') pieces.add(event.delta);
    if (pieces.count() === PIECES_BEFORE_LEAVING) break;
  }
  return pieces.result();
}

async function answerCalls(client, body, answer, ask) {
  const calls = answer.output.filter((item) => item.type === 'function_call');
  const results = calls.map((call) => ({
    type: 'function_call_output',
    call_id: call.call_id,
    output: ask.tool_result,
  }));
  const items = answer.output.map(({ parsed_arguments: _, ...item }) => item);
  const input = [...body.input, ...items, ...results];
  const last = await client.responses.create({ ...body, input });
  return {
    text: last.output_text,
    calls: calls.map((call) => ({ name: call.name, arguments: JSON.parse(call.arguments) })),
  };
}

async function tool(ask) {
  const client = new OpenAI();
  const body = { ...asked(ask), tools };
  return answerCalls(client, body, await client.responses.create(body), ask);
}

async function toolStream(ask) {
  const client = new OpenAI();
  const body = { ...asked(ask), tools };
  return answerCalls(client, body, await client.responses.stream(body).finalResponse(), ask);
}

// The reasoning comes encrypted and goes back with the call's result.
async function thinking(ask) {
  const client = new OpenAI();
  const include = ['reasoning.encrypted_content'];
  const body = { ...asked(ask), tools, reasoning: { effort: 'low' }, include };
  return answerCalls(client, body, await client.responses.stream(body).finalResponse(), ask);
}

async function image(ask) {
  const image_url = `data:image/png;base64,${ask.image_base64}`;
  const content = [
    { type: 'input_text', text: ask.prompt },
    { type: 'input_image', image_url, detail: 'auto' },
  ];
  const body = { ...asked(ask), input: [{ role: 'user', content }] };
  return { text: (await new OpenAI().responses.create(body)).output_text };
}

await serve({ whole, stream, leave, tool, tool_stream: toolStream, thinking, image });
