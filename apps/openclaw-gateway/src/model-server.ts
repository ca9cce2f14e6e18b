import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One answer of the scripted model: calls of tools, or the text that ends the turn. */
export type ScriptStep =
  | { readonly calls: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[] }
  | { readonly text: string };

export interface ModelServer {
  /** Base URL of an OpenAI-compatible API on loopback. */
  readonly baseUrl: string;
  /** What the model was told about its tool calls so far, by call id. */
  readonly toolMessages: ReadonlyMap<string, string>;
  /** Completions that were asked for. */
  readonly requests: number;
  close(): Promise<void>;
}

interface ChatMessage {
  readonly role?: unknown;
  readonly content?: unknown;
  readonly tool_call_id?: unknown;
  readonly tool_calls?: unknown;
}

/** Requests after which the server answers with an error: a host that loops must not run for ever. */
const MAX_REQUESTS = 64;

/** The id that call number `index` of step `step` gets (OpenClaw drops underscores from ids). */
export function scriptedCallId(step: number, index: number, script = ""): string {
  return `${script.replace(/[^a-z0-9]/g, "")}call${step}x${index}`;
}

/** Begins the message that asks for the script `name` of several. */
export function requestScript(name: string): string {
  return `[script ${name}] please begin`;
}

/**
 * Starts a model that plays a script, or the one of several that the conversation asks for: the only part of OpenClaw's path that is not the real thing.
 * It keeps no state; the step is the number of answers with tool calls that the conversation holds.
 * (OpenClaw appends a user message of its own to every request, so counting from the last user
 * message would start over each time.)
 */
export async function startModelServer(
  scripts: readonly ScriptStep[] | ReadonlyMap<string, readonly ScriptStep[]>,
): Promise<ModelServer> {
  const asked = new Map<string, number>();
  const toolMessages = new Map<string, string>();
  let requests = 0;

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      response.statusCode = 500;
      response.end(JSON.stringify({ error: { message: error instanceof Error ? error.message : "failed" } }));
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (request.url?.endsWith("/models") === true) {
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ object: "list", data: [{ id: "scripted", object: "model" }] }));
      return;
    }
    requests += 1;
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { readonly messages?: readonly ChatMessage[] };
    const messages = body.messages ?? [];
    for (const message of messages) {
      if (message.role === "tool" && typeof message.tool_call_id === "string") {
        toolMessages.set(message.tool_call_id, textOf(message.content));
      }
    }
    const step = messages.filter((message) => message.role === "assistant" && message.tool_calls !== undefined).length;
    const name = scriptName(messages);
    const times = (asked.get(name) ?? 0) + 1;
    asked.set(name, times);
    if (times > MAX_REQUESTS) throw new Error("the script was asked for too many answers");
    const script = scripts instanceof Map ? scripts.get(name) : (scripts as readonly ScriptStep[]);
    stream(response, step, script?.[step] ?? { text: "done" }, name);
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  return {
    baseUrl: `http://127.0.0.1:${port}/v1`,
    toolMessages,
    get requests() {
      return requests;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

/** The script that the first message asks for; "": none by name. */
function scriptName(messages: readonly ChatMessage[]): string {
  for (const { role, content } of messages) {
    const found = role === "user" ? /\[script ([a-z-]+)\]/.exec(textOf(content)) : null;
    if (found !== null) return found[1] ?? "";
  }
  return "";
}

function stream(response: ServerResponse, step: number, answer: ScriptStep, script: string): void {
  response.setHeader("content-type", "text/event-stream");
  const send = (choices: readonly unknown[], more: object = {}): void => {
    const chunk = {
      id: `step-${step}`,
      object: "chat.completion.chunk",
      created: 0,
      model: "scripted",
      choices,
      ...more,
    };
    response.write(`data: ${JSON.stringify(chunk)}\n\n`);
  };
  if ("calls" in answer) {
    const calls = answer.calls.map((call, index) => ({
      index,
      id: scriptedCallId(step, index, script),
      type: "function",
      function: { name: call.name, arguments: JSON.stringify(call.args) },
    }));
    send([{ index: 0, delta: { role: "assistant", content: null, tool_calls: calls }, finish_reason: null }]);
    send([{ index: 0, delta: {}, finish_reason: "tool_calls" }]);
  } else {
    send([{ index: 0, delta: { role: "assistant", content: answer.text }, finish_reason: null }]);
    send([{ index: 0, delta: {}, finish_reason: "stop" }]);
  }
  send([], { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } });
  response.end("data: [DONE]\n\n");
}

/** Content is a string or a list of parts. */
function textOf(content: unknown): string {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return JSON.stringify(content);
  return content.map((part: { readonly text?: unknown }) => (typeof part.text === "string" ? part.text : "")).join("");
}
