import { cpSync, existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Check, check, intact } from "../cases/case.ts";
import type { InstalledPlugin } from "../plugin-install.ts";
import { FAULT_CASES } from "./cases.ts";
import { HANGING_STORE_CASES, OWN_DEADLINE_MS, OWN_PART_CASES } from "./families/own-parts.ts";
import { runCases } from "./run-cases.ts";
import type { CaseRow } from "./suite-case.ts";
import type { World, WorldOptions } from "./world.ts";

const FIXTURE = join(import.meta.dirname, "..", "..", "fixtures", "composed");

export interface FaultStage {
  readonly folder: string;
  readonly openclaw: string;
  readonly plugin: InstalledPlugin;
  readonly bare: World;
  readonly open: (name: string, more: Partial<WorldOptions>) => Promise<World>;
  readonly onCase: (id: string) => void;
}

/** The cases of ProClaw's own faults: one gateway, whose plugin an app composed of the same tarballs. */
export async function runFaultCases(
  stage: FaultStage,
): Promise<{ readonly rows: readonly CaseRow[]; readonly checks: readonly Check[] }> {
  const { folder, openclaw, plugin, bare } = stage;
  const faulty = await stage.open("faulty", {
    plugin: composedPlugin(plugin),
    deadlineMs: OWN_DEADLINE_MS,
    // Nothing here runs for longer, and what a host blocks over HTTP nobody reports.
    unobservedAfterMs: 30_000,
  });
  // The first part's trail is looked at before the store hangs for good.
  const results = [
    ...(await runCases(OWN_PART_CASES, faulty, bare, stage.onCase)),
    ...(await runCases(HANGING_STORE_CASES, faulty, bare, stage.onCase)),
  ];
  await faulty.close();
  return {
    rows: results.map(({ row }) => row),
    checks: [
      ...results.flatMap(({ checks }) => checks),
      ...faultsReached(join(folder, "faulty", "faults.txt")),
      await intact({ folder, openclaw, plugin }, faulty.settings?.trailDir ?? ""),
    ],
  };
}

/** Puts the app's plugin where npm would: beside the packages that it was composed of. */
function composedPlugin({ folder }: InstalledPlugin): string {
  const modules = dirname(dirname(folder));
  const composed = join(modules, "composed");
  cpSync(FIXTURE, composed, { recursive: true });
  return composed;
}

/** A call that was refused for another reason than its fault would show nothing. */
function faultsReached(notes: string): readonly Check[] {
  const reached = existsSync(notes) ? readFileSync(notes, "utf8").split("\n") : [];
  // A store that hung at the first of its two cases is never asked about the second, and one that threw
  // may not be back yet (measured on a busy machine): the trail then refuses by itself, for that fault.
  const faultOf = (id: string): string => (id.startsWith("http-own-store-") ? id.replace("http-", "") : id);
  return FAULT_CASES.filter(({ takesPlace }) => !takesPlace.with).map(({ id }) =>
    check(`${id}: its fault was reached`, reached.includes(faultOf(id)), reached.join(" ")),
  );
}
