/*
 * The part of OpenClaw's plugin interface (2026.9.6) that this adapter touches, by structure: the
 * real package is 647 MB installed and never a dependency. apps/openclaw-gateway checks these types
 * against the real ones.
 */

/** Who sent the message that this turn answers; a missing member is unproven, not false. */
export interface OpenClawRequester {
  readonly channel?: string;
  readonly accountId?: string;
  readonly senderId?: string;
  readonly senderIsOwner?: boolean;
  readonly roleIds?: readonly string[];
}

export interface OpenClawToolContext {
  readonly agentId?: string;
  readonly sessionKey?: string;
  readonly sessionId?: string;
  readonly runId?: string;
  readonly toolName: string;
  readonly toolKind?: string;
  readonly toolCallId?: string;
  readonly channelId?: string;
  /** Aborted when the host cancels the call. */
  readonly abortSignal?: AbortSignal;
  readonly trace?: { readonly traceId?: string; readonly spanId?: string };
  /** Absent for subagents' MCP tools, HTTP calls and other runs that no message started. */
  readonly requester?: OpenClawRequester;
}

export interface OpenClawToolEvent {
  readonly toolName: string;
  /** In a trusted policy this is the live object that the tool will get. */
  readonly params: Record<string, unknown>;
  readonly toolKind?: string;
  readonly runId?: string;
  readonly toolCallId?: string;
  /** Paths that the host read out of `params`; hints, possibly incomplete. */
  readonly derivedPaths?: readonly string[];
}

export interface OpenClawAfterToolEvent {
  readonly toolName: string;
  readonly params: Record<string, unknown>;
  readonly runId?: string;
  readonly toolCallId?: string;
  readonly result?: unknown;
  readonly error?: string;
  readonly durationMs?: number;
}

/** Answer of a trusted policy and of a `before_tool_call` hook. The model sees only `blockReason`. */
export interface OpenClawToolDecision {
  block?: boolean;
  blockReason?: string;
  params?: Record<string, unknown>;
}

export type OpenClawContentBlock = { type: "text"; text: string } | { type: "image"; data: string; mimeType: string };

export interface OpenClawToolResult {
  content: OpenClawContentBlock[];
  details: unknown;
}

export interface OpenClawResultEvent {
  readonly toolCallId: string;
  readonly toolName: string;
  /** What the tool was run with. */
  readonly args: Record<string, unknown>;
  readonly isError?: boolean;
  readonly result: { readonly content: readonly unknown[]; readonly details?: unknown };
}

export interface OpenClawResultContext {
  readonly runtime: string;
  readonly runId?: string;
}

/** A message on its way into the history; of all there is, what concerns a tool result. */
export interface OpenClawTranscriptMessage {
  readonly role: string;
  /** For interfaces and histories; never sent to a model. */
  readonly details?: unknown;
}

export interface OpenClawPersistEvent {
  readonly toolCallId?: string;
  readonly message: OpenClawTranscriptMessage;
}

export interface OpenClawPersistContext {
  readonly sessionKey?: string;
  readonly toolCallId?: string;
}

export interface OpenClawLogger {
  debug?: (message: string) => void;
  info: (message: string) => void;
  warn: (message: string) => void;
  error: (message: string) => void;
}

export interface OpenClawService {
  id: string;
  start: (context: { readonly stateDir: string }) => void | Promise<void>;
  stop?: (context: { readonly stateDir: string }) => void | Promise<void>;
}

export interface OpenClawTrustedToolPolicy {
  id: string;
  description: string;
  evaluate: (event: OpenClawToolEvent, context: OpenClawToolContext) => Promise<OpenClawToolDecision | undefined>;
}

/** What `register(api)` is handed. */
export interface OpenClawApi {
  readonly registrationMode?: string;
  /** Folder of the plugin itself. */
  readonly rootDir?: string;
  /** OpenClaw's configuration; handed back to OpenClaw's own functions, never read here. */
  readonly config: unknown;
  readonly pluginConfig?: Record<string, unknown>;
  readonly logger: OpenClawLogger;
  readonly runtime: {
    readonly agent: { resolveAgentWorkspaceDir(config: unknown, agentId: string): string };
    readonly state: { resolveStateDir(): string };
    readonly config: { current(): unknown };
  };
  registerTrustedToolPolicy(policy: OpenClawTrustedToolPolicy): void;
  registerAgentToolResultMiddleware(
    handler: (
      event: OpenClawResultEvent,
      context: OpenClawResultContext,
    ) => Promise<{ result: OpenClawToolResult } | undefined>,
    options: { runtimes: ("openclaw" | "codex")[] },
  ): void;
  registerService(service: OpenClawService): void;
  on(
    hook: "before_tool_call",
    handler: (event: OpenClawToolEvent, context: OpenClawToolContext) => Promise<OpenClawToolDecision | undefined>,
    options: { priority: number },
  ): void;
  on(
    hook: "after_tool_call",
    handler: (event: OpenClawAfterToolEvent, context: OpenClawToolContext) => Promise<void>,
  ): void;
  /** Synchronous: a promise would be ignored. */
  on(
    hook: "tool_result_persist",
    handler: (
      event: OpenClawPersistEvent,
      context: OpenClawPersistContext,
    ) => { message: OpenClawTranscriptMessage } | undefined,
  ): void;
  on(hook: "model_call_started", handler: () => void): void;
}
