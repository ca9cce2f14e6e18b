import type { Decision, DecisionRequest } from "@proclaw/core";
import type { Explanation, Plan } from "@proclaw/engine";
import { callFault } from "../call-fault.ts";
import { MAX_CALL_LINE_BYTES } from "../call-line.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { explanationText } from "../explanation-text.ts";
import { readAll, readStream } from "../files.ts";
import { openDecider } from "../open-decider.ts";
import { printable } from "../printable.ts";
import type { PolicyOptions } from "../program.ts";
import { painter } from "../style.ts";
import type { Tone } from "../style.ts";

export interface CheckOptions extends PolicyOptions {
  readonly call: string;
  readonly explain?: boolean;
  readonly json?: boolean;
}

const TONES: Readonly<Record<Decision["effect"], Tone>> = { allow: "good", deny: "bad", require_approval: "warn" };

/** Decides one call and says why. A call that cannot be read is denied, as in `decide`. */
export async function check(io: CliIo, options: CheckOptions): Promise<number> {
  const { decider, plan } = await openDecider(io, options);
  const bytes =
    options.call === "-"
      ? await readAll(readStream(io, "-", "call"), MAX_CALL_LINE_BYTES)
      : new TextEncoder().encode(options.call);
  const { request, decision: answer } = await decider.answer(bytes);
  const fault = request === null && bytes !== null ? callFault(bytes) : null;
  const decision = fault === null ? answer : { ...answer, reason: fault };
  const hint = request === null ? null : await hintOn(plan, request, decision, options);
  const explanation = options.explain === true && request !== null ? await explainCall(plan, request) : null;
  if (options.json === true) {
    await io.stdout.write(
      `${JSON.stringify({ ...reportOf(decision, explanation, options), ...(hint === null ? {} : { hint }) }, null, 2)}\n`,
    );
    return exitOf(decision);
  }
  const paint = painter(io.stdout, io.env);
  const lines = [`${paint(TONES[decision.effect], decision.effect)}  ${decision.reason_code}`];
  lines.push(`  reason  ${printable(decision.reason)}`);
  if (decision.rule_name !== null) lines.push(`  rule    ${printable(decision.rule_name)}`);
  if (decision.would_have !== undefined) {
    lines.push(`  would have been  ${decision.would_have.effect} (${decision.would_have.reason_code})`);
  }
  for (const duty of decision.obligations) lines.push(`  duty    ${printable(JSON.stringify(duty))}`);
  if (hint !== null) lines.push(`  hint    ${printable(hint)}`);
  const explained = explanation === null ? "" : explanationText(explanation, paint);
  await io.stdout.write(`${lines.join("\n")}\n${explained}`);
  return exitOf(decision);
}

/** What to add to a call whose path cannot be judged. */
async function hintOn(
  plan: Plan,
  { call, context }: DecisionRequest,
  { reason_code }: Decision,
  { assumeLexicalPaths }: CheckOptions,
): Promise<string | null> {
  if (reason_code !== "missing_fact") return null;
  if (assumeLexicalPaths === true) {
    return 'a relative path needs the folder it starts from: add "context":{"working_directory":"/…"} to the call';
  }
  const { lexicalPath, pathsToResolve } = await import("@proclaw/engine");
  const paths = pathsToResolve(plan, call).map((path) => [path, lexicalPath(path, context.working_directory) ?? "/…"]);
  const facts = JSON.stringify({ paths: Object.fromEntries(paths) as object });
  return `nothing is looked up here: add what the path resolves to, "facts":${facts}, or pass --assume-lexical-paths (for tests and replay only)`;
}

async function explainCall(plan: Plan, request: DecisionRequest): Promise<Explanation> {
  const { explain } = await import("@proclaw/engine");
  return explain(plan, request.call, request.context, request.facts, request.now);
}

/** The explanation's own decision is left out: it knows no rate limits. */
function reportOf(decision: Decision, explanation: Explanation | null, options: CheckOptions): object {
  if (options.explain !== true) return { v: 1, decision };
  if (explanation === null) return { v: 1, decision, explanation: null };
  const { rules, other_rules, change } = explanation;
  return { v: 1, decision, explanation: { rules, other_rules, change } };
}

function exitOf({ effect }: Decision): number {
  switch (effect) {
    case "allow":
      return EXIT.ok;
    case "require_approval":
      return EXIT.approvalRequired;
    case "deny":
      return EXIT.denied;
  }
  // INVARIANT (unknown is denial).
  return EXIT.denied;
}
