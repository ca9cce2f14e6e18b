import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { isRecord } from "./is-record.ts";

/**
 * The details that OpenClaw's history keeps of tool results, by call id; null: there is no such
 * result. The history of an agent is the table `transcript_events` of its SQLite file; this reads
 * it as it lies on disk, not through a tool that might show less.
 */
export function resultDetails(state: string, callIds: readonly string[]): readonly (Record<string, unknown> | null)[] {
  const file = join(state, "agents", "main", "agent", "openclaw-agent.sqlite");
  const database = new DatabaseSync(file, { readOnly: true });
  try {
    const rows = database.prepare("select event_json from transcript_events where event_json is not null").all();
    const found = new Map<string, Record<string, unknown>>();
    for (const { event_json } of rows) {
      const event: unknown = JSON.parse(String(event_json));
      const message = isRecord(event) ? event["message"] : null;
      if (!isRecord(message) || message["role"] !== "toolResult") continue;
      const { toolCallId, details } = message;
      if (typeof toolCallId === "string" && isRecord(details)) found.set(toolCallId, details);
    }
    return callIds.map((id) => found.get(id) ?? null);
  } finally {
    database.close();
  }
}
