/**
 * Carries out all cases on the in-repo server in both manners and on a real Ceph, prints the table,
 * and fails where one does not do what its case says.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cephUnavailable, startCeph } from "../ceph/ceph.ts";
import { startS3Server } from "../server/server.ts";
import { CASES } from "./cases.ts";
import { conformancePage, conformanceTable } from "./report.ts";
import { differences, onAws, onCeph, runCases } from "./run.ts";
import type { Column } from "./run.ts";

const PAGE = join(import.meta.dirname, "../../../../docs/audit/s3-conformance.md");
const HELP = `usage: node --conditions @proclaw/source tools/s3-server/src/conformance/main.ts [--write] [--without-ceph]

  --write         writes docs/audit/s3-conformance.md when nothing differs
  --without-ceph  the in-repo server only
`;

const { values } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    "without-ceph": { type: "boolean", default: false },
    help: { type: "boolean", short: "h", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
if (values.write && values["without-ceph"]) {
  process.stderr.write("the page needs the outcomes of a real Ceph: leave out `--without-ceph`\n");
  process.exit(2);
}
const reason = values["without-ceph"] ? "left out by `--without-ceph`" : cephUnavailable();
if (reason !== null && !values["without-ceph"]) {
  process.stderr.write(`Ceph itself was not run: ${reason}\n`);
  process.exit(1);
}

const columns: Column[] = [];
for (const [manner, title, expected] of [
  ["aws", "AWS manner", onAws],
  ["ceph", "Ceph manner", onCeph],
] as const) {
  const server = await startS3Server({ manner });
  columns.push({ title, outcomes: await runCases(CASES, server), expected });
  await server.stop();
}
let version = "";
if (reason === null) {
  const ceph = await startCeph();
  version = ceph.version;
  columns.push({ title: `Ceph ${version}`, outcomes: await runCases(CASES, ceph), expected: onCeph });
  await ceph.stop();
}

process.stdout.write(`${conformanceTable(CASES, columns)}\n\n`);
const found = differences(CASES, columns);
for (const line of found) process.stderr.write(`${line}\n`);
const where = columns.map(({ title }) => title).join(", ");
process.stdout.write(
  `${CASES.length} cases on ${where}: ${found.length === 0 ? "as documented and measured" : `${found.length} differ`}\n`,
);
if (reason !== null) process.stdout.write(`Ceph itself was not run: ${reason}\n`);
if (found.length > 0) process.exitCode = 1;
else if (values.write) {
  mkdirSync(join(PAGE, ".."), { recursive: true });
  writeFileSync(PAGE, conformancePage(CASES, columns, version));
  process.stdout.write("wrote docs/audit/s3-conformance.md\n");
}
