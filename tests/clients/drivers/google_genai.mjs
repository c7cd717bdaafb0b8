// Drives Google's Gen AI SDK for Node.
import { GoogleGenAI } from '@google/genai';
import { PIECES_BEFORE_LEAVING, Pieces, TOOL, serve, usage } from './serve.mjs';

const { name, description, schema: parametersJsonSchema } = TOOL;
const tools = [{ functionDeclarations: [{ name, description, parametersJsonSchema }] }];
// The finish of an answer as the cases name it.
const FINISHES = { STOP: 'stop' };

const open = () => new GoogleGenAI({}).models;

function usageOf(told) {
  const cached = told.cachedContentTokenCount ?? 0;
  const output = (told.candidatesTokenCount ?? 0) + (told.thoughtsTokenCount ?? 0);
  return usage(told.promptTokenCount - cached, output, cached);
}

function finishOf(answer) {
  const reason = answer.candidates[0].finishReason;
  return FINISHES[reason] ?? reason ?? null;
}

const user = (...parts) => ({ role: 'user', parts });
const asked = (ask) => ({ model: ask.model, contents: [user({ text: ask.prompt })] });

async function whole(ask) {
  const answer = await open().generateContent(asked(ask));
  return { text: answer.text, finish: finishOf(answer), usage: usageOf(answer.usageMetadata) };
}

async function stream(ask) {
  const pieces = new Pieces();
  let last;
  for await (last of await open().generateContentStream(asked(ask))) pieces.add(last.text);
  return { ...pieces.result(), finish: finishOf(last), usage: usageOf(last.usageMetadata) };
}

async function leave(ask) {
  const pieces = new Pieces();
  const abort = new AbortController();
  const config = { abortSignal: abort.signal };
  for await (const chunk of await open().generateContentStream({ ...asked(ask), config })) {
    pieces.add(chunk.text);
    if (pieces.count() === PIECES_BEFORE_LEAVING) break;
  }
  abort.abort();
  return pieces.result();
}

async function answerCalls(body, parts, ask) {
  const calls = parts.flatMap((part) => part.functionCall ?? []);
  const results = calls.map(({ id, name }) => ({
    functionResponse: { id, name, response: { output: ask.tool_result } },
  }));
  const contents = [...body.contents, { role: 'model', parts }, user(...results)];
  const last = await open().generateContent({ ...body, contents });
  return { text: last.text, calls: calls.map(({ name, args }) => ({ name, arguments: args })) };
}

async function tool(ask) {
  const body = { ...asked(ask), config: { tools } };
  const answer = await open().generateContent(body);
  return answerCalls(body, answer.candidates[0].content.parts, ask);
}

async function toolStream(ask, more = {}) {
  const body = { ...asked(ask), config: { tools, ...more } };
  const parts = [];
  for await (const chunk of await open().generateContentStream(body)) {
    parts.push(...chunk.candidates[0].content.parts);
  }
  return answerCalls(body, parts, ask);
}

const thinking = (ask) =>
  toolStream(ask, { thinkingConfig: { includeThoughts: true, thinkingBudget: 1024 } });

async function image(ask) {
  const picture = { inlineData: { mimeType: 'image/png', data: ask.image_base64 } };
  const contents = [user(picture, { text: ask.prompt })];
  return { text: (await open().generateContent({ ...asked(ask), contents })).text };
}

async function models() {
  const ids = [];
  for await (const model of await open().list()) ids.push(model.name.replace('models/', ''));
  return { ids };
}

const count = async (ask) => ({ input: (await open().countTokens(asked(ask))).totalTokens });

await serve({
  whole, stream, leave, tool, tool_stream: toolStream, thinking, image, models, count,
});
