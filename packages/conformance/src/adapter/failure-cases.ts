import assert from "node:assert/strict";
import type { AppendReceipt, EventFields } from "@proclaw/core";
import type { ConformanceCase } from "../case.ts";
import { adapterCase, refused, runs, withheld } from "./bench.ts";
import type { AdapterBench } from "./bench.ts";
import type { AdapterKitOptions } from "./options.ts";
import { decisionOf, trailFailure } from "./parts.ts";
import { allows } from "./timeline.ts";

/** The guard's own parts fail: nothing runs, and what ran already gives no output. */
export function failureCases(options: AdapterKitOptions): ConformanceCase[] {
  const named = adapterCase.bind(null, options);
  return [
    ...Object.entries(BROKEN_POINTS).map(([how, breakIt]) =>
      named(`guard down: the decision point ${how}, and nothing runs`, async (bench) => {
        breakIt(bench);
        await refused(bench);
      }),
    ),

    named("guard down: the trail rejects the decision, and nothing runs", async (bench) => {
      bench.trail.before = onKind("decision", async () => {
        throw trailFailure();
      });
      await refused(bench);
      await refused(bench, bench.args({ forbidden: true }));
    }),

    named("guard down: the trail hangs on the decision, and nothing runs", async (bench) => {
      bench.trail.before = onKind("decision", hang);
      await refused(bench);
    }),

    named("guard down: the decision becomes durable too late, and nothing runs", async (bench) => {
      const late = Promise.withResolvers<void>();
      bench.trail.before = onKind("decision", () => late.promise);
      await refused(bench);
      late.resolve();
      bench.trail.before = async () => {};
      await runs(bench);
      await bench.until("the record of the late decision", () => bench.records.filter(allows).length >= 2);
      await bench.until("the end of the late decision", () =>
        bench.records.some((event) => event.kind === "outcome" && event.execution_status === "not_executed"),
      );
      assert.equal(bench.runs.length, 1, "a call ran that the agent was refused");
    }),

    named("guard down: the trail does not say that the decision is durable, and nothing runs", async (bench) => {
      bench.losesOutcomes = true;
      bench.trail.receipt = () => undefined as unknown as AppendReceipt;
      await refused(bench);
    }),

    ...Object.entries({ rejects: async () => Promise.reject(trailFailure()), "hangs on": hang }).map(([how, fail]) =>
      named(`outcome lost: the trail ${how} the outcome; ${CONSEQUENCE(options)}`, async (bench) => {
        bench.losesOutcomes = true;
        bench.trail.before = onKind("outcome", fail);
        const args = bench.args();
        const answer = await bench.call("kit_write", args);
        assert.equal(bench.runsWith(args).length, 1);
        if (options.capabilities.replaceOutput) withheld(answer, args.id);
        // Whatever it still takes: a trail that says it failed has not recovered.
        bench.trail.before = async () => {};
        bench.trail.state = "failed";
        await refused(bench);
      }),
    ),
  ];
}

const CONSEQUENCE = ({ capabilities }: AdapterKitOptions): string =>
  capabilities.replaceOutput ? "the output is withheld and nothing more runs" : "nothing more runs";

const BROKEN_POINTS: Readonly<Record<string, (bench: AdapterBench) => void>> = {
  throws: (bench) => {
    bench.point.answer = () => {
      throw new Error("the kit lets the decision point fail");
    };
  },
  "throws when asked for its requirements": (bench) => {
    bench.point.needs = () => {
      throw new Error("the kit lets the decision point fail");
    };
  },
  "answers nothing": (bench) => {
    bench.point.answer = () => undefined;
  },
  "answers an unknown effect": (bench) => {
    bench.point.answer = () => ({ ...decisionOf("allow"), effect: "kit_unknown" });
  },
  "answers a deny with an unknown reason": (bench) => {
    bench.point.answer = () => ({ ...decisionOf("deny"), reason_code: "kit_unknown" });
  },
  "allows for a reason that allows nothing": (bench) => {
    bench.point.answer = () => decisionOf("allow", { reason_code: "denied_by_rule" });
  },
  "answers a promise of an allow": (bench) => {
    bench.point.answer = async () => decisionOf("allow");
  },
  "answers `true`": (bench) => {
    bench.point.answer = () => true;
  },
};

type Before = (event: EventFields, signal?: AbortSignal) => Promise<void>;

function onKind(kind: EventFields["kind"], act: Before): Before {
  return async (event, signal) => {
    if (event.kind === kind) await act(event, signal);
  };
}

/** Ends when the guard gives the record up, as a real trail's queue does. */
const hang: Before = (_event, signal) =>
  new Promise((_, reject) => {
    signal?.addEventListener("abort", () => reject(trailFailure()), { once: true });
  });
