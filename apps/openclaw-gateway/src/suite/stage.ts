import type { Check } from "../cases/case.ts";
import type { ScriptStep } from "../model-server.ts";
import type { InstalledPlugin } from "../plugin-install.ts";
import type { World } from "./world.ts";

/** What a case gets that is more than data. */
export interface Stage {
  /** Empty folder. */
  readonly folder: string;
  readonly openclaw: string;
  readonly plugin: InstalledPlugin;
  /** The gateway with ProClaw, and the one without. */
  readonly guarded: World;
  readonly bare: World;
  /** A small disk that holds nothing but the guarded world's trail; null: there is none. */
  readonly disk: string | null;
  /** Another gateway, with a fault from the start. */
  restart(fault: string): Promise<World>;
}

export type StageOutcome =
  | { readonly without: string; readonly with: string; readonly trail: string; readonly checks: readonly Check[] }
  | { readonly skipped: string };

export interface StageCase {
  readonly id: string;
  readonly what: string;
  readonly scripts: (workspace: string) => Readonly<Record<string, readonly ScriptStep[]>>;
  run(stage: Stage): Promise<StageOutcome>;
}
