// Drives the OpenAI SDK for Node through Chat Completions.
import OpenAI from 'openai';
import { PIECES_BEFORE_LEAVING, Pieces, TOOL, serve, usage } from './serve.mjs';

const tools = [
  {
    type: 'function',
    function: { name: TOOL.name, description: TOOL.description, parameters: TOOL.schema },
  },
];

function usageOf(told) {
  const cached = told.prompt_tokens_details.cached_tokens;
  return usage(told.prompt_tokens - cached, told.completion_tokens, cached);
}

function asked(ask) {
  return { model: ask.model, messages: [{ role: 'user', content: ask.prompt }] };
}

async function whole(ask) {
  const call = new OpenAI().chat.completions.create(asked(ask)).withResponse();
  const { data, response, request_id } = await call;
  const [choice] = data.choices;
  return {
    text: choice.message.content,
    finish: choice.finish_reason,
    usage: usageOf(data.usage),
    request_id: response.headers.get('x-weir-request-id'),
    sdk_request_id: request_id,
  };
}

async function stream(ask) {
  const body = { ...asked(ask), stream: true, stream_options: { include_usage: true } };
  const { data, response } = await new OpenAI().chat.completions.create(body).withResponse();
  const pieces = new Pieces();
  let finish = null;
  let told = null;
  for await (const chunk of data) {
    told = chunk.usage ?? told;
    for (const choice of chunk.choices) {
      pieces.add(choice.delta.content);
      finish = choice.finish_reason ?? finish;
    }
  }
  const request_id = response.headers.get('x-weir-request-id');
  return { ...pieces.result(), finish, usage: usageOf(told), request_id };
}

async function leave(ask) {
  const chunks = await new OpenAI().chat.completions.create({ ...asked(ask), stream: true });
  const pieces = new Pieces();
  for await (const chunk of chunks) {
    pieces.add(chunk.choices[0].delta.content);
    if (pieces.count() === PIECES_BEFORE_LEAVING) break;
  }
  return pieces.result();
}

async function embeddings(ask) {
  const input = [ask.prompt, 'another'];
  const answer = await new OpenAI().embeddings.create({ model: 'text-embedding-3-small', input });
  const vectors = answer.data.map((item) => Array.from(item.embedding));
  return { vectors, input: answer.usage.prompt_tokens };
}

async function answerCalls(client, body, message, ask) {
  const calls = message.tool_calls;
  const results = calls.map((call) => ({
    role: 'tool',
    tool_call_id: call.id,
    content: ask.tool_result,
  }));
  const messages = [...body.messages, message, ...results];
  const last = await client.chat.completions.create({ ...body, messages });
  return {
    text: last.choices[0].message.content,
    calls: calls.map((call) => ({
      name: call.function.name,
      arguments: JSON.parse(call.function.arguments),
    })),
  };
}

async function tool(ask) {
  const client = new OpenAI();
  const body = { ...asked(ask), tools };
  const first = await client.chat.completions.create(body);
  return answerCalls(client, body, first.choices[0].message, ask);
}

async function toolStream(ask) {
  const client = new OpenAI();
  const body = { ...asked(ask), tools };
  const first = await client.chat.completions.stream(body).finalChatCompletion();
  return answerCalls(client, body, first.choices[0].message, ask);
}

async function image(ask) {
  const url = `data:image/png;base64,${ask.image_base64}`;
  const content = [
    { type: 'text', text: ask.prompt },
    { type: 'image_url', image_url: { url } },
  ];
  const body = { model: ask.model, messages: [{ role: 'user', content }] };
  const answer = await new OpenAI().chat.completions.create(body);
  return { text: answer.choices[0].message.content };
}

async function models() {
  const ids = [];
  for await (const model of new OpenAI().models.list()) ids.push(model.id);
  return { ids };
}

await serve({
  whole,
  stream,
  leave,
  tool,
  tool_stream: toolStream,
  image,
  embeddings,
  models,
});
