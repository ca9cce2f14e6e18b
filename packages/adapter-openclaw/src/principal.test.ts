import { expect, test } from "vitest";
import { callContextOf, principalOf } from "./principal.ts";

test("no requester is nobody, and an empty one proves nothing", () => {
  expect(principalOf(undefined)).toBeUndefined();
  expect(principalOf({})).toEqual({});
});

test("owner is what OpenClaw resolved, and nothing else", () => {
  expect(principalOf({ senderIsOwner: true })).toEqual({ roles: ["owner"] });
  expect(principalOf({ senderIsOwner: false })).toEqual({ roles: [] });
  expect(principalOf({ channel: "discord", roleIds: ["owner"] })?.roles).toEqual(["discord:owner"]);
  expect(principalOf({ roleIds: ["owner"] })?.roles).toEqual(["unknown:owner"]);
});

test("a subject's parts cannot imitate each other", () => {
  const one = principalOf({ channel: "a", accountId: "b:c", senderId: "d" })?.sub;
  const other = principalOf({ channel: "a", accountId: "b", senderId: "c:d" })?.sub;
  expect(one).toBe("a:b%3Ac:d");
  expect(other).not.toBe(one);
  expect(principalOf({ senderId: "1" })?.sub).toBeUndefined();
});

test("the context holds what the hook says, and nothing for what it does not say", () => {
  expect(callContextOf({ toolName: "read" }, undefined)).toEqual({ variables: {} });
  const full = {
    toolName: "read",
    agentId: "main",
    sessionKey: "agent:main:telegram",
    sessionId: "uuid",
    trace: { traceId: "t", spanId: "s" },
    requester: { channel: "telegram", senderId: "9", senderIsOwner: false },
  };
  expect(callContextOf(full, "/work")).toEqual({
    agent_id: "main",
    session_id: "agent:main:telegram",
    principal: { sub: "telegram::9", roles: [] },
    working_directory: "/work",
    trace_id: "t",
    span_id: "s",
    variables: { channel: "telegram", sender_id: "9" },
  });
});
