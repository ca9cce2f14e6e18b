import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Check, intact } from "../cases/case.ts";
import type { InstalledPlugin } from "../plugin-install.ts";
import type { Report } from "../report.ts";
import { CASE_IDS, FAULT_CASES, GATEWAY_CASES } from "./cases.ts";
import { runFaultCases } from "./fault-cases.ts";
import { PROCESS_CASES } from "./families/processes.ts";
import { measureOverhead, type Overhead } from "./overhead.ts";
import { runCases, scriptsOf } from "./run-cases.ts";
import type { CaseRow } from "./suite-case.ts";
import { withCaseTable, withOverhead } from "./table.ts";
import { openWorld, type World, type WorldOptions } from "./world.ts";

export interface SuiteOptions {
  readonly folder: string;
  readonly openclaw: string;
  readonly plugin: InstalledPlugin;
  readonly report: Report;
  /** Cases, or only the measurement. */
  readonly cases: boolean;
  readonly overhead: boolean;
  /** File to write table and numbers to; null: nowhere. */
  readonly docs: string | null;
}

const BROKEN_POLICY = `version: 1
rules:
  - name: everything
    tool: "*"
    efect: allow
`;

/** Two gateways that differ in ProClaw alone serve all cases. */
export async function runSuite(options: SuiteOptions): Promise<void> {
  const { folder, openclaw, plugin, report } = options;
  let wrong = 0;
  const checkAll = (checks: readonly Check[]): void => {
    for (const one of checks) {
      if (!one.ok) wrong += 1;
      report.check(one);
    }
  };
  const disk = options.cases ? mountDisk(join(folder, "disk")) : null;
  const worlds: World[] = [];
  const open = async (name: string, more: Partial<WorldOptions>): Promise<World> => {
    const world = await openWorld({
      folder: join(folder, name),
      openclaw,
      plugin: plugin.folder,
      scripts: (workspace) =>
        new Map([
          ...scriptsOf([...GATEWAY_CASES, ...FAULT_CASES], workspace),
          ...PROCESS_CASES.flatMap((one) => Object.entries(one.scripts(workspace))),
        ]),
      ...more,
    });
    worlds.push(world);
    return world;
  };
  try {
    const trail = disk === null ? undefined : join(disk.folder, "trail");
    const [guarded, bare] = await report.step("two gateways, with and without ProClaw", () =>
      Promise.all([open("guarded", trail === undefined ? {} : { trail }), open("bare", { plugin: null })]),
    );
    const rows: CaseRow[] = [];
    if (options.cases) {
      const results = await report.step("cases through the gateways", () =>
        runCases(GATEWAY_CASES, guarded, bare, (id) => report.note(id)),
      );
      for (const { row, checks } of results) {
        rows.push(row);
        checkAll(checks);
      }
      const onCase = (id: string): void => report.note(id);
      const faults = await report.step("a gateway whose ProClaw fails inside", () =>
        runFaultCases({ folder, openclaw, plugin, bare, open, onCase }),
      );
      rows.push(...faults.rows);
      checkAll(faults.checks);
    }
    let overhead: Overhead | null = null;
    if (options.overhead) {
      overhead = await report.step("time and memory of /tools/invoke", () => measureOverhead(guarded, bare));
      report.note(JSON.stringify(overhead));
    }
    if (options.cases) {
      const restart = (fault: string): Promise<World> => {
        if (fault === "policy-broken") return open(fault, { policy: BROKEN_POLICY });
        // A folder below a file: nobody can make it, not even root.
        writeFileSync(join(folder, "a-file"), "");
        return open(fault, { trail: join(folder, "a-file", "trail") });
      };
      for (const one of PROCESS_CASES) {
        const stage = {
          folder: join(folder, one.id),
          openclaw,
          plugin,
          guarded,
          bare,
          disk: disk?.folder ?? null,
          restart,
        };
        const outcome = await report.step(one.id, () => one.run(stage));
        if ("skipped" in outcome) {
          report.note(`left out: ${outcome.skipped}`);
          continue;
        }
        checkAll(outcome.checks);
        rows.push({ id: one.id, what: one.what, without: outcome.without, with: outcome.with, trail: outcome.trail });
      }
      await guarded.close();
      const tools = { folder, openclaw, plugin };
      checkAll([await intact(tools, guarded.settings?.trailDir ?? "")]);
    }
    if (options.docs !== null) {
      const left = CASE_IDS.length - rows.length;
      let docs = readFileSync(options.docs, "utf8");
      // The page says what is so: never a table with a case that went wrong or was left out.
      if (options.cases && wrong === 0 && left === 0) docs = withCaseTable(docs, rows);
      else if (options.cases) report.note(`the table is not written: ${wrong} wrong, ${left} cases left out`);
      if (overhead !== null) docs = withOverhead(docs, overhead);
      writeFileSync(options.docs, docs);
    }
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
    disk?.unmount();
  }
}

/** A tmpfs of 4 MiB, where the user may mount one (root on Linux); null elsewhere. */
function mountDisk(folder: string): { readonly folder: string; unmount(): void } | null {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return null;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", folder], { stdio: "ignore" });
  } catch {
    return null;
  }
  const unmount = (): void => {
    process.removeListener("exit", unmount);
    // Lazily: a gateway that was killed a moment ago may still have its files open.
    execFileSync("umount", ["-l", folder], { stdio: "ignore" });
  };
  process.once("exit", unmount);
  return { folder, unmount };
}
