import type { CallContext, JsonValue, Principal } from "@proclaw/core";
import type { OpenClawRequester, OpenClawToolContext } from "./host-types.ts";

/**
 * On whose behalf a call is made.
 *
 * INVARIANT (no requester, nobody): without a requester, or with one that proves nothing, the
 * principal or its members are absent, which a policy reads as unknown; never as the owner.
 *
 * Role ids of a channel get the channel in front (`discord:1234`), so that a chat server cannot
 * name one of its roles `owner`. `owner` alone is what OpenClaw itself resolved.
 */
export function principalOf(requester: OpenClawRequester | undefined): Principal | undefined {
  if (requester === undefined) return undefined;
  const sub = subjectOf(requester);
  const roles = rolesOf(requester);
  return { ...(sub === undefined ? {} : { sub }), ...(roles === undefined ? {} : { roles }) };
}

/** `channel:account:sender`, each part percent-encoded, so that no part can imitate another. */
function subjectOf({ channel, accountId, senderId }: OpenClawRequester): string | undefined {
  if (channel === undefined || senderId === undefined) return undefined;
  return [channel, accountId ?? "", senderId].map((part) => encodeURIComponent(part.toWellFormed())).join(":");
}

function rolesOf({ channel, senderIsOwner, roleIds }: OpenClawRequester): readonly string[] | undefined {
  if (senderIsOwner === undefined && roleIds === undefined) return undefined;
  const prefix = encodeURIComponent((channel ?? "unknown").toWellFormed());
  const granted = (roleIds ?? []).map((role) => `${prefix}:${role.toWellFormed()}`);
  return senderIsOwner === true ? ["owner", ...granted] : granted;
}

/** Who calls, from where: what OpenClaw's hook context says, in the policy's terms. */
export function callContextOf(context: OpenClawToolContext, workingDirectory: string | undefined): CallContext {
  const principal = principalOf(context.requester);
  const session = context.sessionKey ?? context.sessionId;
  const channel = context.requester?.channel ?? context.channelId;
  const variables: Record<string, JsonValue> = {
    ...(channel === undefined ? {} : { channel }),
    ...(context.requester?.senderId === undefined ? {} : { sender_id: context.requester.senderId }),
  };
  return {
    ...(context.agentId === undefined ? {} : { agent_id: context.agentId }),
    ...(session === undefined ? {} : { session_id: session }),
    ...(principal === undefined ? {} : { principal }),
    ...(workingDirectory === undefined ? {} : { working_directory: workingDirectory }),
    ...(context.trace?.traceId === undefined ? {} : { trace_id: context.trace.traceId }),
    ...(context.trace?.spanId === undefined ? {} : { span_id: context.trace.spanId }),
    variables,
  };
}
