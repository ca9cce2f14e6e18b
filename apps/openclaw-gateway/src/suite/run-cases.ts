import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { check, readRecords, type TrailRecord } from "../cases/case.ts";
import type { ScriptStep } from "../model-server.ts";
import { scriptedCallId } from "../model-server.ts";
import { markerPath } from "./policy.ts";
import type { CaseResult, SuiteCase } from "./suite-case.ts";
import { sessionKey, withMarker, type World } from "./world.ts";

const SETTLED_MS = 180_000;
const CHILD_MS = 60_000;

/** The scripts of the cases' models in one workspace. */
export function scriptsOf(cases: readonly SuiteCase[], workspace: string): ReadonlyMap<string, readonly ScriptStep[]> {
  const scripts = new Map<string, readonly ScriptStep[]>();
  for (const { id, drive } of cases) {
    if (drive.kind !== "turn") continue;
    scripts.set(id, [{ calls: withMarker(drive.calls, workspace, id) }, { text: "done" }]);
    if (drive.child !== undefined) {
      scripts.set(`${id}-child`, [{ calls: withMarker(drive.child, workspace, id) }, { text: "done" }]);
    }
  }
  return scripts;
}

/** What became of a case in one world; `status` of the answer, if it was driven over `/tools/invoke`. */
interface Seen {
  readonly takesPlace: boolean;
  readonly status: number | null;
  /** What the model was told about its call, or who asked over HTTP. */
  readonly told: string | null;
}

async function drive(one: SuiteCase, world: World): Promise<Seen> {
  const { workspace } = world.places;
  let status: number | null = null;
  let told: string | null;
  if (one.drive.kind === "invoke") {
    const { name, args } = withMarker(one.drive.call, workspace, one.id);
    ({ status, body: told } = await world.gateway.invoke(sessionKey(one.id), name, args));
  } else {
    await world.play(one.id);
    // A subagent works on after its parent's turn.
    const child = scriptedCallId(0, 0, `${one.id}-child`);
    const until = Date.now() + CHILD_MS;
    while (one.drive.child !== undefined && !world.model.toolMessages.has(child) && Date.now() < until)
      await sleep(250);
    told = toldOf(one, world);
  }
  const { effect } = one;
  const takesPlace =
    effect.kind === "marker" ? existsSync(markerPath(workspace, one.id)) : (told ?? "").includes(effect.text);
  return { takesPlace, status, told };
}

/** What the model was told about the last of the calls that its case is about. */
function toldOf(one: SuiteCase, world: World): string | null {
  const script = one.drive.kind === "turn" && one.drive.child !== undefined ? `${one.id}-child` : one.id;
  return world.model.toolMessages.get(scriptedCallId(0, 0, script)) ?? null;
}

/** Whether the model heard of its call at all: a call that never was proves nothing about its effect. */
function wasCalled(one: SuiteCase, { status, takesPlace, told }: Seen): boolean {
  // 404: there is no such tool. 403: a policy said no.
  if (one.drive.kind === "invoke") return status === (takesPlace ? 200 : 403);
  return told !== null && !/^Tool \S+ not found/.test(told);
}

/** Runs all cases in both worlds, one after another, and then looks at the trail. */
export async function runCases(
  cases: readonly SuiteCase[],
  guarded: World,
  bare: World,
  onCase: (id: string) => void,
): Promise<readonly CaseResult[]> {
  const seen: { readonly one: SuiteCase; readonly without: Seen; readonly with: Seen }[] = [];
  for (const one of cases) {
    onCase(one.id);
    const [takesPlace, contrast] = await Promise.all([drive(one, guarded), drive(one, bare)]);
    seen.push({ one, without: contrast, with: takesPlace });
  }
  const trails = await settledTrails(cases, guarded);
  return seen.map(({ one, ...effect }) => {
    const trail = trails.get(one.id) ?? [];
    return {
      row: {
        id: one.id,
        what: one.what,
        without: wordFor(one, effect.without.takesPlace),
        with: wordFor(one, effect.with.takesPlace),
        trail: trailWords(one, trail),
      },
      checks: [
        check(
          `${one.id}: the call was made in both worlds`,
          wasCalled(one, effect.with) && wasCalled(one, effect.without),
          `${effect.with.status ?? ""} ${effect.with.told ?? ""}`,
        ),
        check(
          `${one.id}: ${one.takesPlace.without ? "takes place" : "does not take place"} without ProClaw`,
          effect.without.takesPlace === one.takesPlace.without,
          effect.without.told,
        ),
        check(
          `${one.id}: ${one.takesPlace.with ? "takes place" : "does not take place"} with ProClaw`,
          effect.with.takesPlace === one.takesPlace.with,
          effect.with.told,
        ),
        check(
          `${one.id}: the trail says ${one.trail.join(", ") || "nothing"}`,
          JSON.stringify(trail) === JSON.stringify(one.trail),
          trail.join("\n"),
        ),
        ...(one.told === undefined
          ? []
          : [
              check(
                `${one.id}: told is “${one.told}”`,
                effect.with.told?.includes(one.told) === true,
                effect.with.told,
              ),
            ]),
      ],
    };
  });
}

function trailWords({ told }: SuiteCase, trail: readonly string[]): string {
  if (trail.length > 0) return trail.map((line) => `\`${line}\``).join(", ");
  return told === undefined ? "nothing" : `nothing; the answer: \`${told}\``;
}

function wordFor(one: SuiteCase, takesPlace: boolean): string {
  if (!takesPlace && one.remark !== undefined) return `no (${one.remark})`;
  return takesPlace ? "yes" : "no";
}

/** The trails of the cases by id, when they are as expected or the time is up. */
async function settledTrails(
  cases: readonly SuiteCase[],
  world: World,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const until = Date.now() + SETTLED_MS;
  for (;;) {
    const records = readRecords(world.settings?.trailDir ?? "");
    const trails = new Map(cases.map((one) => [one.id, trailOf(one, records)]));
    const done = cases.every((one) => trails.get(one.id)?.length === one.trail.length);
    if (done || Date.now() > until) return trails;
    await sleep(1_000);
  }
}

/** The records of a case, a line each; a subagent runs in a session of its own. */
export function trailOf(
  one: Pick<SuiteCase, "id"> & Partial<Pick<SuiteCase, "drive">>,
  records: readonly TrailRecord[],
): readonly string[] {
  const withChild = one.drive?.kind === "turn" && one.drive.child !== undefined;
  return records
    .filter(
      ({ session_id }) =>
        session_id === sessionKey(one.id) || (withChild && session_id?.includes(":subagent:") === true),
    )
    .map(({ kind, tool_name, policy_decision, execution_status }) => {
      const parts = kind === "decision" ? [policy_decision?.effect, execution_status] : [execution_status];
      return [tool_name, ...parts].filter((part) => part !== "pending").join(" ");
    });
}
