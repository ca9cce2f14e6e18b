import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { canonicalJson } from "@proclaw/core";
import { CliError, fileFault, systemCode } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { writeWhole } from "../files.ts";
import { compilePolicy } from "../plan-source.ts";
import { printable } from "../printable.ts";

export interface CompileOptions {
  readonly output: string;
  readonly tools?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Compiles a policy; the file holds the plan's canonical bytes, so `sha256sum` prints its digest too. */
export async function compile(io: CliIo, file: string, options: CompileOptions): Promise<number> {
  await assertReplaceable(io, file, options);
  const plan = await compilePolicy(io, file, options.tools);
  const { planSha256 } = await import("@proclaw/engine");
  const sha256 = planSha256(plan);
  await writeWhole(io, options.output, canonicalJson(plan), { what: "plan", replace: true });
  await io.stdout.write(
    options.json === true
      ? `${JSON.stringify({ v: 1, file: options.output, plan_sha256: sha256, policy_sha256: plan.policy.sha256 })}\n`
      : `${sha256}  ${printable(options.output)}\n`,
  );
  return EXIT.ok;
}

/** Refuses to write over the policy itself, and over anything that is not a plan unless that is wanted. */
async function assertReplaceable(io: CliIo, file: string, options: CompileOptions): Promise<void> {
  const { output } = options;
  const target = resolve(io.cwd, output);
  const there = await stat(target).catch((error: unknown) => {
    if (systemCode(error) === "ENOENT") return null;
    throw new CliError("invalid_option", `cannot write plan file \`${output}\`: ${fileFault(error)}`, { cause: error });
  });
  if (there === null) return;
  for (const input of [file, ...(options.tools === undefined ? [] : [options.tools])]) {
    // One that is not there is told of when it is read.
    const source = await stat(resolve(io.cwd, input)).catch(() => null);
    if (source?.dev === there.dev && source.ino === there.ino) {
      throw new CliError("invalid_option", `the output \`${output}\` is the input itself: it would be overwritten`, {
        hint: "name another file with -o, such as plan.json",
      });
    }
  }
  if (!there.isFile()) {
    throw new CliError("invalid_option", `cannot write plan file \`${output}\`: it is there and is not a file`);
  }
  if (options.force !== true && !(await isPlan(target))) {
    throw new CliError("invalid_option", `\`${output}\` exists and is not a plan`, {
      hint: "pass --force to replace it, or name another file",
    });
  }
}

/** By its form only: a plan of another version, or a damaged one, may be replaced. */
async function isPlan(path: string): Promise<boolean> {
  try {
    const value: unknown = JSON.parse(await readFile(path, "utf8"));
    return typeof value === "object" && value !== null && Object.hasOwn(value, "planVersion");
  } catch {
    return false;
  }
}
