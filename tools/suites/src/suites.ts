import { existsSync } from "node:fs";
import { cephUnavailable } from "@proclaw-private/s3-server/ceph";
import type { Suite } from "./suite.ts";

const bin = (name: string): string => `node_modules/.bin/${name}`;
const node = (script: string, ...args: readonly string[]): readonly string[] => [
  bin("node"),
  "--conditions",
  "@proclaw/source",
  script,
  ...args,
];

/** In the order in which they run: what fails fastest and most often comes first. */
export const SUITES: readonly Suite[] = [
  { name: "format", shows: "the sources are formatted", command: () => [bin("oxfmt"), "--check"] },
  { name: "types", shows: "the whole repository type-checks", command: () => [bin("tsc"), "-p", "tsconfig.json"] },
  { name: "lint", shows: "no lint finding", command: () => [bin("oxlint"), "--type-aware", "--deny-warnings"] },
  {
    name: "unused",
    shows: "no file, export or dependency that nobody uses",
    command: () => [bin("knip"), "--treat-config-hints-as-errors"],
  },
  {
    name: "layers",
    shows: "every entry point keeps the layer table, and the check finds planted violations",
    command: () => [bin("vitest"), "run", "--project", "tools/layers"],
  },
  {
    name: "changesets",
    shows: "the changesets name packages that exist",
    command: () => ["npx", "-y", "pnpm@12.21.0", "exec", "changeset", "status"],
  },
  { name: "build", shows: "every package builds by itself", command: () => ["npx", "-y", "pnpm@12.21.0", "build"] },
  {
    name: "packages",
    shows: "the packed tarballs install, import, require and type-check in an empty folder",
    command: () => node("tools/packaging/src/main.ts"),
  },
  {
    // At depth `ci` the tests have run before the suites, by README's own command.
    name: "full-tests",
    shows:
      "all tests at full counts: patterns against RegExp, engine against reference, crashes and faults of the trail",
    command: () => [bin("vitest"), "run"],
    depths: ["proof"],
  },
  {
    name: "mutants",
    shows: "the tests of the engine notice changes of the code that decides; the score is in docs/proof/mutation.md",
    command: ({ depth }) => node("tools/mutation/src/main.ts", "--depth", depth),
  },
  { name: "demo", shows: "the main job on embedded defaults", command: () => node("apps/clinic-triage/src/main.ts") },
  {
    name: "s3-ceph",
    shows: "a real Ceph gateway and the in-repo server in its manner do the same, case by case",
    command: () => node("tools/s3-server/src/conformance/main.ts"),
    unavailable: () => cephUnavailable(),
  },
  {
    name: "ceph-tests",
    shows: "the tests that need a real Ceph gateway (`*.ceph.test.ts`): store, attacks, launcher",
    command: () => ["env", "PROCLAW_CEPH=1", bin("vitest"), "run", ".ceph.test.ts"],
    unavailable: () => cephUnavailable(),
  },
  {
    name: "audit-s3-ceph",
    shows:
      "the S3 store, alone and behind the spool, on a real Ceph: store kit, tamper kit, outages, kills, stolen credentials",
    command: () => ["env", "PROCLAW_S3_SERVER=ceph", bin("vitest"), "run", "--project", "tools/e2e", "src/s3/"],
    unavailable: () => cephUnavailable(),
  },
  {
    name: "postgres-dump",
    shows:
      "a trail in PostgreSQL, dumped and restored with Debian's tools: the guards are back, it verifies and goes on",
    command: () => node("tools/e2e-postgres/src/dump/main.ts"),
    unavailable: ({ isDebianRoot }) =>
      isDebianRoot || existsSync("/usr/lib/postgresql/15/bin/pg_dump")
        ? null
        : "pg_dump of PostgreSQL 15 is not installed, and only root on Debian can install it",
  },
  {
    name: "kills",
    shows: "a busy guard killed at random moments: nothing acknowledged is lost, nothing ran without its decision",
    command: ({ depth, seed }) =>
      node("tools/e2e/src/kills/main.ts", "--kills", depth === "proof" ? "1000" : "100", "--seed", String(seed)),
  },
  {
    name: "second-verifier",
    shows: "a verifier in Python, written from the format page alone, agrees on frozen, tampered and damaged trails",
    command: ({ depth, seed }) =>
      node("tools/second-verifier/src/main.ts", "--random", depth === "proof" ? "5000" : "100", "--seed", String(seed)),
  },
  {
    name: "openclaw",
    shows: "a real OpenClaw agent under the packed plugin; the adapter's types against OpenClaw's own",
    command: ({ depth }) =>
      node("apps/openclaw-gateway/src/main.ts", "--types", "--contrast", ...(depth === "proof" ? ["--suite"] : [])),
  },
];
