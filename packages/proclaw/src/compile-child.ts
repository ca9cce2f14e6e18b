/*
 * The policy compiler's own process: YAML and its schemas cost some 20 MB that the agent's process
 * is spared. Reads a CompileRequest on standard input, prints a CompileAnswer.
 */
import { readFileSync } from "node:fs";
import { text } from "node:stream/consumers";
import { formatDiagnostics, loadPolicyText } from "@proclaw/engine/yaml";
import type { CompileAnswer, CompileRequest } from "./compile-protocol.ts";

/** A byte order mark stays: the policy's digest is one of the file's bytes. */
const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function readText(file: string): string {
  return DECODER.decode(readFileSync(file));
}

function compile({ file, tools }: CompileRequest): CompileAnswer {
  let source: string;
  try {
    source = readText(file);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    const why = code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "it is not UTF-8 text" : String(code);
    return { ok: false, problem: `cannot read \`${file}\`: ${why}` };
  }
  const result = loadPolicyText(source, {
    file,
    tools,
    readFile: readText,
  });
  const print = (severity: "error" | "warning"): string => {
    const findings = result.diagnostics.filter((one) => one.severity === severity);
    return findings.length === 0
      ? ""
      : formatDiagnostics(findings, { sources: { [file]: source }, color: false }).trimEnd();
  };
  if (!result.ok) return { ok: false, problem: `cannot load the policy\n${print("error")}` };
  return { ok: true, plan: result.plan, warnings: print("warning") };
}

const answer = compile(JSON.parse(await text(process.stdin)) as CompileRequest);
process.stdout.write(JSON.stringify(answer));
