import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { writeTamperFolders } from "@proclaw/conformance/tamper";
import { difference } from "./compare.ts";
import { damage, randomOf } from "./damage.ts";
import { startSecondVerifier } from "./second-verifier.ts";
import type { Request } from "./second-verifier.ts";
import { ensureTools } from "./tools.ts";

const HELP = `usage: main.ts [--random N] [--seed N]

Holds the Python verifier (verify_trail.py, written from docs/audit/format.md alone) against
@proclaw/verify: on every frozen trail, on every case of the tamper suite, and on N randomly
damaged trails that the real writer wrote. Any difference is a failure.
`;

const { values } = parseArgs({
  options: {
    random: { type: "string", default: "400" },
    seed: { type: "string", default: "1" },
    help: { type: "boolean", short: "h" },
  },
});
if (values.help === true) {
  process.stdout.write(HELP);
  process.exit(0);
}

const missing = ensureTools(["python3", "openssl"]);
if (missing.length > 0) {
  process.stdout.write(`not run: ${missing.join(" and ")} not found\n`);
  process.exit(0);
}

const FROZEN = new URL("../../../packages/verify/frozen", import.meta.url).pathname;
const work = mkdtempSync(join(tmpdir(), "proclaw-second-"));
const second = startSecondVerifier();
let compared = 0;
const differences: string[] = [];

async function compare(what: string, request: Request): Promise<void> {
  for (const strict of [false, true]) {
    compared++;
    const found = await difference(second, { ...request, strict });
    if (found !== null) differences.push(`${what}${strict ? ", strict" : ""}\n    ${found}`);
  }
}

const filesIn = (folder: string, suffix: string): string[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => name.endsWith(suffix))
    .map((name) => join(folder, name));

try {
  for (const name of readdirSync(FROZEN).sort()) {
    const folder = join(FROZEN, name);
    if (!existsSync(join(folder, "logs"))) continue;
    await compare(`frozen trail ${name}`, { folder, keys: filesIn(join(folder, "keys"), ".vkey") });
  }
  const frozen = compared;

  const tampers = join(work, "tampers");
  await writeTamperFolders(tampers);
  for (const name of readdirSync(tampers).sort()) {
    const folder = join(tampers, name);
    await compare(`tamper case ${name}`, {
      folder: join(folder, "trail"),
      keys: filesIn(folder, ".vkey"),
      anchors: filesIn(join(folder, "anchors"), ".note"),
    });
  }
  const cases = compared - frozen;

  const base = join(work, "base");
  for (const ending of ["die", "rotate", "plain"])
    run("tools/second-verifier/src/write-trail.ts", base, join(work, "keys"), ending);
  const keys = [join(base, "keys", "proclaw.vkey")];
  await compare("the trail as the writer left it", { folder: base, keys });
  const count = Number(values.random);
  for (let i = 0; i < count; i++) {
    const random = randomOf(Number(values.seed) * 1_000_003 + i);
    const folder = join(work, "damaged");
    rmSync(folder, { recursive: true, force: true });
    cpSync(base, folder, { recursive: true });
    const what = [damage(folder, random)];
    if (random(3) === 0) what.push(damage(folder, random));
    await compare(`random ${i} (seed ${values.seed}): ${what.join(", ")}`, { folder, keys });
  }
  process.stdout.write(
    `${compared} comparisons (${frozen} of frozen trails, ${cases} of tamper cases, ${count * 2} of random damage): ${differences.length} differences\n`,
  );
} finally {
  second.close();
  rmSync(work, { recursive: true, force: true });
}
for (const one of differences) process.stdout.write(`  ${one}\n`);
process.exitCode = differences.length === 0 ? 0 : 1;

function run(script: string, ...args: readonly string[]): void {
  const path = new URL(`../../../${script}`, import.meta.url).pathname;
  const { status, signal, stderr } = spawnSync(process.execPath, ["--conditions", "@proclaw/source", path, ...args], {
    encoding: "utf8",
  });
  if (status !== 0 && signal !== "SIGKILL") throw new Error(`${script} ended with ${status}: ${stderr}`);
}
