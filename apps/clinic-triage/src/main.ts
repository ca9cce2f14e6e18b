/** `demo`: the clinic assistant under ProClaw. Exit status 0 only if everything came out as it must. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ProclawError } from "@proclaw/core";
import { runDemo } from "./demo.ts";
import { printer } from "./print.ts";

const HELP = `A clinic assistant works under ProClaw: three tools, a policy, a scripted planner in place of a model.

usage: demo [--json] [--trail DIR]

  --json        one JSON object on standard output, nothing else
  --trail DIR   keep the trail in DIR, empty or not there yet; without it a temporary folder is used and removed
  -h, --help    this text

Exit status: 0 if every call came out as it must, 1 if one did not, 2 for a wrong option or an unusable folder.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  let options;
  try {
    options = parseArgs({
      options: {
        json: { type: "boolean", default: false },
        trail: { type: "string" },
        help: { type: "boolean", short: "h", default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`demo: ${(error as Error).message}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const kept = options.trail === undefined ? null : resolve(options.trail);
  if (kept !== null && (await holdsFiles(kept))) {
    process.stderr.write(
      `demo: \`${kept}\` holds something already: name an empty folder, or one that does not exist\n`,
    );
    return 2;
  }
  const temporary = await mkdtemp(join(tmpdir(), "proclaw-demo-"));
  const trail = kept ?? join(temporary, "trail");
  const print = options.json ? null : printer(process.stdout);
  try {
    print?.begin();
    const report = await runDemo({
      trail,
      stateDir: join(temporary, "state"),
      ...(print === null ? {} : { onStep: print.step, onCheck: print.check }),
    });
    if (print === null) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else print.end(report, kept !== null);
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!ProclawError.is(error)) throw error;
    process.stderr.write(`demo: ${error.message} (${error.code})\n`);
    return 2;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** Each run has a signing key of its own, so two runs in one folder would verify under neither key. */
async function holdsFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).length > 0;
}
