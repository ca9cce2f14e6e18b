import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { check, readRecords, summary } from "../../cases/case.ts";
import { scriptedCallId } from "../../model-server.ts";
import { runTurn } from "../../openclaw.ts";
import { markerPath } from "../policy.ts";
import { trailOf } from "../run-cases.ts";
import type { StageCase } from "../stage.ts";
import { resultDetails } from "../transcript.ts";

const touch = (workspace: string, id: string) => ({
  name: "exec",
  args: { command: `touch '${markerPath(workspace, id)}'` },
});
const marked = (workspace: string, id: string): boolean => existsSync(markerPath(workspace, id));
const yes = (value: boolean): string => (value ? "yes" : "no");

const registrations: StageCase = {
  id: "registered-often",
  what: "a denied command, while OpenClaw registers the plugins several times in one process",
  scripts: (workspace) => ({
    "registered-often": [{ calls: [touch(workspace, "registered-often")] }, { text: "done" }],
  }),
  async run({ guarded, bare }) {
    await Promise.all([guarded.play("registered-often"), bare.play("registered-often")]);
    const lines = readFileSync(join(guarded.places.workspace, "registrations.txt"), "utf8").trim().split("\n");
    const own = lines.filter((line) => line.startsWith(`${guarded.gateway.process.pid} `));
    const records = readRecords(guarded.settings?.trailDir ?? "");
    const decided = records.filter(({ kind, call_id }) => kind === "decision" && call_id !== null);
    const logs = records.filter(({ kind }) => kind === "log.open").length;
    const unique = new Set(decided.map(({ call_id }) => call_id)).size;
    return {
      ...effects("registered-often", guarded.places.workspace, bare.places.workspace),
      trail: `\`exec deny not_executed\`; ${logs} log, one decision a call`,
      checks: [
        check(
          "registered-often: takes place without ProClaw alone",
          marked(bare.places.workspace, "registered-often") && !marked(guarded.places.workspace, "registered-often"),
          null,
        ),
        check(
          "registered-often: the trail says exec deny not_executed",
          trailOf({ id: "registered-often" }, records).join() === "exec deny not_executed",
          summary(records),
        ),
        check("registered-often: it did", own.length > 1, lines.join("\n")),
        check("registered-often: one log", logs === 1, summary(records)),
        check(
          "registered-often: one decision a call",
          decided.length > 0 && unique === decided.length,
          summary(records),
        ),
      ],
    };
  },
};

const metadata: StageCase = {
  id: "metadata",
  what: "OpenClaw's history keeps rule, effect, time and record of each call",
  scripts: (workspace) => ({
    metadata: [
      { calls: [{ name: "exec", args: { command: "echo harmless" } }, touch(workspace, "metadata")] },
      { text: "done" },
    ],
  }),
  async run({ guarded, bare }) {
    await Promise.all([guarded.play("metadata"), bare.play("metadata")]);
    const details = resultDetails(guarded.places.state, [
      scriptedCallId(0, 0, "metadata"),
      scriptedCallId(0, 1, "metadata"),
    ]);
    const records = readRecords(guarded.settings?.trailDir ?? "");
    const found = details.map((detail) => {
      const { record, rule, effect, time } = (detail?.["proclaw"] ?? {}) as Record<string, unknown>;
      const known = records.some(({ event_id }) => event_id === record);
      return { effect, complete: known && typeof time === "string" && rule !== undefined };
    });
    const right = found.every(({ complete }) => complete) && found.map(({ effect }) => effect).join() === "allow,deny";
    return {
      without: "–",
      with: right ? "yes" : "no",
      trail: "the records that the history names",
      checks: [
        check("metadata: allow and denial name their records in the history", right, JSON.stringify(details, null, 1)),
        check(
          "metadata: the model saw nothing of it",
          ![...guarded.model.toolMessages.values()].some(
            (text) => text.includes("plan_sha256") || text.includes('"reason_code"'),
          ),
          null,
        ),
        check(
          "metadata: the denied one did not run",
          !marked(guarded.places.workspace, "metadata") && marked(bare.places.workspace, "metadata"),
          null,
        ),
      ],
    };
  },
};

const twoProcesses: StageCase = {
  id: "two-processes",
  what: "a second OpenClaw process writes to the same trail meanwhile",
  scripts: (workspace) => ({
    "two-processes": [
      { calls: [{ name: "exec", args: { command: "echo harmless" } }, touch(workspace, "two-processes")] },
      { text: "done" },
    ],
  }),
  async run({ folder, openclaw, plugin, guarded, bare }) {
    const { settings } = guarded;
    if (settings === null) throw new Error("no settings");
    const { workspace } = guarded.places;
    const second = runTurn({
      install: openclaw,
      folder: join(folder, "second"),
      script: () => [{ calls: [touch(workspace, "second-process")] }, { text: "done" }],
      plugins: [{ id: "proclaw", folder: plugin.folder, config: { ...settings } }],
    });
    await Promise.all([guarded.play("two-processes"), bare.play("two-processes")]);
    const turn = await second;
    const records = readRecords(settings.trailDir);
    const logs = records.filter(({ kind }) => kind === "log.open").length;
    const trail = trailOf({ id: "two-processes" }, records);
    const denied = records.filter(
      ({ session_id, policy_decision }) =>
        session_id !== null && !session_id.startsWith("agent:main:two") && policy_decision?.effect === "deny",
    );
    const absent = !marked(workspace, "two-processes") && !marked(workspace, "second-process");
    return {
      without: yes(marked(bare.places.workspace, "two-processes")),
      with: yes(!absent),
      trail: `${logs} logs in one folder`,
      checks: [
        check("two-processes: both ended", turn.code === 0, turn.stderr),
        check("two-processes: a log each", logs === 2, summary(records)),
        check(
          "two-processes: both decided",
          trail.join() === "exec allow,exec deny not_executed,exec success" && denied.length > 0,
          trail.join("\n"),
        ),
        check("two-processes: neither denied command ran", absent, null),
        check("two-processes: takes place without ProClaw", marked(bare.places.workspace, "two-processes"), null),
      ],
    };
  },
};

const diskFull: StageCase = {
  id: "disk-full",
  what: "an allowed command while the trail's disk is full",
  scripts: (workspace) => ({
    // A file's last page has room for a few records even on a full disk; the first calls use it up.
    "disk-full": [
      { calls: Array.from({ length: 10 }, () => ({ name: "exec", args: { command: "echo harmless" } })) },
      { calls: [touch(workspace, "disk-full")] },
      { text: "done" },
    ],
  }),
  async run({ guarded, bare, disk }) {
    if (disk === null) return { skipped: "needs root: a small tmpfs holds the trail" };
    const filler = join(disk, "filler");
    fill(filler);
    try {
      await Promise.all([guarded.play("disk-full"), bare.play("disk-full")]);
    } finally {
      rmSync(filler, { force: true });
    }
    const asked = scriptedCallId(1, 0, "disk-full");
    const answer = guarded.model.toolMessages.get(asked) ?? null;
    const records = readRecords(guarded.settings?.trailDir ?? "").filter(({ call_id }) => call_id?.startsWith(asked));
    return {
      ...effects("disk-full", guarded.places.workspace, bare.places.workspace),
      trail: records.length === 0 ? "nothing: it could not be written" : "?",
      checks: [
        check("disk-full: does not take place with ProClaw", !marked(guarded.places.workspace, "disk-full"), answer),
        check("disk-full: takes place without ProClaw", marked(bare.places.workspace, "disk-full"), null),
        check("disk-full: nothing on record", records.length === 0, summary(records)),
        check("disk-full: the model was told that ProClaw stopped it", answer?.startsWith("proclaw") === true, answer),
      ],
    };
  },
};

const startUp = (id: string, what: string, trailSays: (records: readonly string[]) => string | null): StageCase => ({
  id,
  what,
  scripts: (workspace) => ({ [id]: [{ calls: [touch(workspace, id)] }, { text: "done" }] }),
  async run(stage) {
    const world = await stage.restart(id);
    try {
      await Promise.all([world.play(id), stage.bare.play(id)]);
      const trail = trailOf({ id }, readRecords(world.settings?.trailDir ?? ""));
      const says = trailSays(trail);
      const answer = world.model.toolMessages.get(scriptedCallId(0, 0, id)) ?? null;
      return {
        ...effects(id, world.places.workspace, stage.bare.places.workspace),
        trail: says ?? "?",
        checks: [
          check(`${id}: does not take place with ProClaw`, !marked(world.places.workspace, id), answer),
          check(`${id}: takes place without ProClaw`, marked(stage.bare.places.workspace, id), null),
          check(`${id}: the model was told that ProClaw stopped it`, answer?.startsWith("proclaw") === true, answer),
          check(`${id}: the trail`, says !== null, trail.join("\n")),
        ],
      };
    } finally {
      await world.close();
    }
  },
});

function effects(id: string, guarded: string, bare: string): { readonly without: string; readonly with: string } {
  return { without: yes(marked(bare, id)), with: yes(marked(guarded, id)) };
}

/** Writes until the disk takes no more. */
function fill(file: string): void {
  for (const size of [65_536, 4_096, 512, 1]) {
    const block = Buffer.alloc(size);
    for (;;) {
      try {
        writeFileSync(file, block, { flag: "a" });
      } catch {
        break;
      }
    }
  }
}

/** Cases that look at processes, disks and OpenClaw's own files; in the order in which they must run. */
export const PROCESS_CASES: readonly StageCase[] = [
  metadata,
  registrations,
  twoProcesses,
  diskFull,
  startUp("policy-broken", "an allowed command, but the policy has a typing error", (trail) =>
    trail.join() === "exec deny not_executed" ? "`exec deny not_executed`" : null,
  ),
  startUp("trail-unwritable", "an allowed command, but the trail cannot be written", (trail) =>
    trail.length === 0 ? "there is none" : null,
  ),
];
