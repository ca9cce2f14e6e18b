import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";

/*
 * Takes a check out of a copy of the verifier and demands that the tamper kit notices: each line is
 * a check, how it is taken out, and the cases that are then missed.
 */
const PLANTS: readonly (readonly [file: string, from: string, to: string, missed: readonly string[]])[] = [
  [
    "key-history.ts",
    "if (!(await isSigned(rotation, verify))) return rotation.place;",
    "await isSigned(rotation, verify);",
    [
      "rotation: forged by somebody who lacks the old key",
      "rotation: signed by the new key in place of the old one",
      "rotation: the signature made for another log",
      "rotation: the signature made for another epoch",
      "rotation: the key exchanged, the signature left",
    ],
  ],
  [
    "key-history.ts",
    `proclaw key rotation v1\\n\${logOrigin(log)}\\n`,
    `proclaw key rotation v1\\n`,
    ["the clean trail with logs of checkpoints"],
  ],
  [
    "key-history.ts",
    "equalBytes(signer.publicKey, next.publicKey)",
    "signer.name === next.name && equalBytes(signer.publicKey, next.publicKey)",
    ["rotation: to the key that it retires, under another name"],
  ],
  ["key-history.ts", `body["key_epoch"] !== epoch`, "false", ["rotation: another epoch named than signed"]],
  [
    "key-history.ts",
    "if (epoch !== now + 1) return false;",
    "if (epoch !== now + 1) return epoch === now;",
    ["rotation: epoch downgrade: records after it that claim the old epoch, signed with the old key"],
  ],
  [
    "key-history.ts",
    "if (this.#next === null) return epoch === now;",
    "if (this.#next === null) return epoch <= now;",
    ["rotation: a record of the old epoch forged into the new one"],
  ],
  [
    "root-claim.ts",
    "if (signers !== null && signed.length === 0) {",
    "if (signers !== null && verified.length === 0) {",
    ["rotation: forged old epoch: a checkpoint over records of the new epoch under the old key"],
  ],
  ["trust.ts", "covered < rotation.size", "covered < 1", ["rotation: the checkpoint that ends with it taken away"]],
  [
    "verify-trail.ts",
    "const claim = logs.has(log) ? null :",
    "const claim = true ? null :",
    ["bound: a whole log removed", "bound: a claim of a log that never was"],
  ],
  [
    "log-verification.ts",
    `if (root === null) this.#damage("truncated_below_bound"`,
    `if (root === null) return; else if (root === undefined) this.#damage("truncated_below_bound"`,
    ["bound: a whole log emptied", "bound: a log rolled back to an older head and its checkpoint"],
  ],
  [
    "log-verification.ts",
    "else if (equalBytes(bound.root, root))",
    "else if (bound.root.length === root.length)",
    [
      "bound: a log rewritten, and signed anew with the stolen key",
      "bound: a claim changed, chained and signed anew with the stolen key",
    ],
  ],
  [
    "log-chain.ts",
    `else if (kind !== "log.open" && kind !== "recovery") {`,
    `else if (kind === "log.open" && kind !== "recovery") {`,
    ["misplaced: heartbeat in a log of checkpoints", "log of checkpoints: an ordinary log under its name"],
  ],
  [
    "log-chain.ts",
    `if (kind === "checkpoint") report(`,
    `if (false) report(`,
    ["misplaced: checkpoint in an ordinary log", "log of checkpoints: among the ordinary logs"],
  ],
  [
    "log-chain.ts",
    "key.id !== this.#checkpointKeyId",
    "key.id === ''",
    ["log of checkpoints: that of another key under its name"],
  ],
  [
    "record-shape.ts",
    `["checkpoint", requires({ body: exactly({ log: uuidV7, size: positive, root: sha256 }) })],`,
    "",
    ["bound: a claim with a member too many", "bound: a claim over no record"],
  ],
];

const here = fileURLToPath(new URL(".", import.meta.url));
let scratch = "";
let missed: string[][] = [];

beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "proclaw-plants-"));
  symlinkSync(join(here, "../node_modules"), join(scratch, "node_modules"));
  const folders = [
    here,
    ...PLANTS.map(([file, from, to], index) => plant(join(scratch, String(index)), file, from, to)),
  ];
  const script = join(here, "fixtures/run-tampers.ts");
  const run = spawnSync(process.execPath, ["--conditions", "@proclaw/source", "--no-warnings", script, ...folders], {
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(run.stderr);
  missed = JSON.parse(run.stdout) as string[][];
}, 300_000);

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function plant(folder: string, file: string, from: string, to: string): string {
  mkdirSync(folder);
  cpSync(here, folder, { recursive: true, filter: (path) => !/\.test\.ts$|fixtures/.test(path.slice(here.length)) });
  const before = readFileSync(join(folder, file), "utf8");
  const after = before.replace(from, () => to);
  expect(after, `${file} does not hold \`${from}\` any more`).not.toBe(before);
  writeFileSync(join(folder, file), after);
  return folder;
}

test("the verifier as it is misses nothing", () => {
  expect(missed[0]).toEqual([]);
});

test.each(PLANTS.map(([file, from, , cases], index) => ({ file, from, cases, index })))(
  "$file without `$from`",
  ({ cases, index }) => {
    expect(missed[index + 1]).toEqual(expect.arrayContaining([...cases]));
  },
);
