import { createHash } from "node:crypto";
import type { Permit, Settlement } from "@proclaw/runtime";
import type { OpenClawContentBlock, OpenClawResultEvent, OpenClawToolResult } from "./host-types.ts";

/** An output on its way through the guard, and the pictures that wait beside it. */
export interface DetachedOutput {
  readonly output: { readonly content: readonly unknown[]; readonly details?: unknown };
  /** From what stands in the output instead to the data. */
  readonly images: ReadonlyMap<string, string>;
}

/**
 * Takes the data of pictures out of a result: megabytes of base64 that no rule can read and no
 * record can hold. Their SHA-256 goes on record instead. Where the policy limits the output, they
 * stay in and count.
 */
export function detachImages({ result }: OpenClawResultEvent, permit: Permit): DetachedOutput {
  const images = new Map<string, string>();
  const limited = permit.decision.obligations.some(({ type }) => type === "output");
  const content = limited ? result.content : result.content.map((block) => detach(block, images));
  return { output: { ...result, content }, images };
}

function detach(block: unknown, images: Map<string, string>): unknown {
  if (!isContentBlock(block) || block.type !== "image") return block;
  const instead = `sha256:${createHash("sha256").update(block.data).digest("hex")}`;
  images.set(instead, block.data);
  return { ...block, data: instead };
}

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
export function releasedResult(
  settlement: Settlement,
  images: ReadonlyMap<string, string> = new Map(),
): OpenClawToolResult {
  if (settlement.kind === "withheld") return withheldResult(settlement.message, settlement.meta);
  const output: unknown = settlement.output;
  if (!isRecord(output)) return withheldResult("proclaw: the output was withheld", settlement.meta);
  const content: unknown = output["content"] ?? [];
  if (!Array.isArray(content) || !content.every(isContentBlock)) {
    return withheldResult("proclaw: the output was withheld", settlement.meta);
  }
  const details = output["details"];
  return {
    content: content.map((block) =>
      block.type === "image" ? { ...block, data: images.get(block.data) ?? block.data } : { ...block },
    ),
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

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
