import type { Settlement } from "@proclaw/runtime";
import type { OpenClawContentBlock, OpenClawToolResult } from "./host-types.ts";

/** What the model gets instead of an output. */
export function withheldResult(message: string, meta?: object): OpenClawToolResult {
  return {
    content: [{ type: "text", text: message }],
    details: { status: "error", ...(meta === undefined ? {} : { proclaw: meta }) },
  };
}

/**
 * The result as the guard released it: its output, with what was decided beside it, where OpenClaw
 * keeps the details of a call. Whatever does not look like a result is withheld.
 */
export function releasedResult(settlement: Settlement): OpenClawToolResult {
  if (settlement.kind === "withheld") return withheldResult(settlement.message, settlement.meta);
  const output: unknown = settlement.output;
  if (!isRecord(output)) return withheldResult("proclaw: the output was withheld", settlement.meta);
  const content: unknown = output["content"] ?? [];
  if (!Array.isArray(content) || !content.every(isContentBlock)) {
    return withheldResult("proclaw: the output was withheld", settlement.meta);
  }
  const details = output["details"];
  return {
    content: structuredClone(content),
    details:
      details === undefined || details === null
        ? { proclaw: settlement.meta }
        : isRecord(details)
          ? { ...structuredClone(details), proclaw: settlement.meta }
          : details,
  };
}

function isContentBlock(value: unknown): value is OpenClawContentBlock {
  if (!isRecord(value)) return false;
  if (value["type"] === "text") return typeof value["text"] === "string";
  return value["type"] === "image" && typeof value["data"] === "string" && typeof value["mimeType"] === "string";
}

/** The text of a failed result, for the trail's error member. */
export function errorText(content: readonly unknown[]): string {
  const texts = content.flatMap((block) =>
    isRecord(block) && typeof block["text"] === "string" ? [block["text"]] : [],
  );
  return texts.join("\n");
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
