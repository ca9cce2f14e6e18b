import { afterEach, expect, test } from "vitest";
import { type ModelServer, requestScript, scriptedCallId, startModelServer } from "./model-server.ts";

let server: ModelServer | undefined;
afterEach(() => server?.close());

interface Chunk {
  readonly choices: readonly {
    readonly delta: { readonly content?: string; readonly tool_calls?: readonly object[] };
  }[];
}

async function ask(messages: readonly object[]): Promise<readonly Chunk[]> {
  const response = await fetch(`${server?.baseUrl}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "scripted", stream: true, messages }),
  });
  const lines = (await response.text()).split("\n\n").filter((line) => line !== "");
  expect(lines.at(-1)).toBe("data: [DONE]");
  return lines.slice(0, -1).map((line) => JSON.parse(line.slice("data: ".length)) as Chunk);
}

const answered = { role: "assistant", tool_calls: [{ id: "x" }] };

test("plays its script by the answers in the conversation, and keeps what the model was told", async () => {
  server = await startModelServer([{ calls: [{ name: "read", args: { path: "a" } }] }, { text: "fine" }]);
  const [first] = await ask([{ role: "user" }]);
  expect(first?.choices[0]?.delta.tool_calls).toEqual([
    { index: 0, id: "call0x0", type: "function", function: { name: "read", arguments: '{"path":"a"}' } },
  ]);
  const told = { role: "tool", tool_call_id: scriptedCallId(0, 0), content: [{ type: "text", text: "the file" }] };
  // OpenClaw puts a user message of its own at the end.
  const [second] = await ask([{ role: "user" }, answered, told, { role: "user" }]);
  expect(second?.choices[0]?.delta.content).toBe("fine");
  expect(server.toolMessages.get("call0x0")).toBe("the file");
  const [third] = await ask([answered, answered, answered]);
  expect(third?.choices[0]?.delta.content).toBe("done");
  expect(server.requests).toBe(3);
});

test("of several scripts it plays the one that the conversation asks for", async () => {
  server = await startModelServer(new Map([["late-hook", [{ calls: [{ name: "exec", args: {} }] }]]]));
  const [one] = await ask([{ role: "user", content: requestScript("late-hook") }]);
  const call = { index: 0, id: "latehookcall0x0", type: "function", function: { name: "exec", arguments: "{}" } };
  expect(one?.choices[0]?.delta.tool_calls).toEqual([call]);
  expect(scriptedCallId(0, 0, "late-hook")).toBe("latehookcall0x0");
  const [unknown] = await ask([{ role: "user", content: requestScript("other") }]);
  expect(unknown?.choices[0]?.delta.content).toBe("done");
});

test("does not answer for ever", async () => {
  server = await startModelServer([{ calls: [{ name: "read", args: {} }] }]);
  for (let i = 0; i < 64; i++) await ask([]);
  const response = await fetch(`${server.baseUrl}/chat/completions`, { method: "POST", body: "{}" });
  expect(response.status).toBe(500);
});
