/** `demo`: the clinic assistant under ProClaw. Exit status 0 only if everything came out as it must. */
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { ProclawError } from "@proclaw/core";
import { runDemo } from "./demo.ts";
import { filePlace } from "./places/file-place.ts";
import type { PlaceName, TrailPlace } from "./places/place.ts";
import { printer } from "./print.ts";

const HELP = `A clinic assistant works under ProClaw: three tools, a policy, a scripted planner in place of a model.

usage: demo [--json] [--store file|postgres|s3] [--trail DIR]

  --json        one JSON object on standard output, nothing else
  --store NAME  file: a folder (the default); s3: a bucket with Object Lock behind a local spool, on a small server
                of this repository that runs inside the demo; postgres: a PostgreSQL server that the demo starts
  --trail DIR   keep the trail (with --store s3 its local copy) in DIR, empty or not there yet; without it a temporary folder is used and removed
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
        store: { type: "string", default: "file" },
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
  if (options.store !== "file" && options.store !== "postgres" && options.store !== "s3") {
    process.stderr.write(`demo: \`--store\` is \`file\`, \`postgres\` or \`s3\`\n\n${HELP}`);
    return 2;
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
  let place: TrailPlace | null = null;
  try {
    print?.begin();
    const stateDir = join(temporary, "state");
    place = await placeOf(options.store, trail, stateDir);
    const report = await runDemo({
      place,
      stateDir,
      ...(print === null ? {} : { onStep: print.step, onCheck: print.check }),
    });
    if (print === null) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    else print.end(report, kept !== null && options.store === "file");
    return report.ok ? 0 : 1;
  } catch (error) {
    if (!ProclawError.is(error)) throw error;
    process.stderr.write(`demo: ${error.message} (${error.code})\n`);
    return 2;
  } finally {
    await place?.close();
    await rm(temporary, { recursive: true, force: true });
  }
}

async function placeOf(name: PlaceName, trail: string, stateDir: string): Promise<TrailPlace> {
  if (name === "file") return filePlace(trail);
  // Loaded when they are asked for: what they need is heavy.
  if (name === "postgres") {
    const { postgresPlace } = await import("./places/postgres-place.ts");
    return await postgresPlace(stateDir);
  }
  const { s3Place } = await import("./places/s3-place.ts");
  return await s3Place(trail, stateDir);
}

/** Each run has a signing key of its own, so two runs in one folder would verify under neither key. */
async function holdsFiles(folder: string): Promise<boolean> {
  return (await readdir(folder).catch(() => [])).length > 0;
}
