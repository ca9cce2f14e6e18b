import assert from "node:assert/strict";
import type { ConformanceCase } from "../case.ts";
import { adapterCase, refused, runs } from "./bench.ts";
import type { AdapterBench } from "./bench.ts";
import type { AdapterKitOptions } from "./options.ts";

/**
 * What others do to a call while it is on its way. `checkTimeline` after each case adds what these
 * do not say: whatever ran was decided, with exactly its arguments.
 */
export function interferenceCases(options: AdapterKitOptions): ConformanceCase[] {
  const can = new Set(options.can);
  const named = adapterCase.bind(null, options);
  return [
    named(
      "live object: what its owner does to the arguments during the decision runs nothing undecided",
      async (bench) => {
        const args = bench.args({ nested: { path: "/allowed" } });
        bench.trail.before = async ({ kind }) => {
          if (kind === "decision") spoil(args);
        };
        await bench.call("kit_write", args);
        nothingForbidden(bench);
      },
    ),

    named("live object: what its owner does to the arguments later does not reach a running tool", async (bench) => {
      const args = bench.args({ nested: { path: "/allowed" } });
      let spoilt = false;
      bench.started = () => {
        if (!spoilt) spoil(args);
        spoilt = true;
      };
      await bench.call("kit_write", args);
      assert.ok(spoilt, "an allowed call did not run");
      nothingForbidden(bench);
    }),

    ...(can.has("rewrite") ? rewriteCases(options) : []),

    ...(can.has("override")
      ? [
          named("override: another plugin does not take a block back", async (bench) => {
            bench.overrides = true;
            await refused(bench, bench.args({ forbidden: true }));
            await runs(bench);
            await refused(bench, bench.args({ forbidden: true }));
          }),
        ]
      : []),

    ...(can.has("cancel")
      ? [
          named("cancel: a call that the host cancels during the decision does not run", async (bench) => {
            const controller = new AbortController();
            bench.trail.before = async ({ kind }) => {
              if (kind !== "decision") return;
              controller.abort();
              await new Promise(setImmediate);
            };
            await refused(bench, bench.args(), { signal: controller.signal });
            bench.trail.before = async () => {};
            await runs(bench);
          }),
        ]
      : []),
  ];
}

function rewriteCases(options: AdapterKitOptions): ConformanceCase[] {
  const ways: Readonly<Record<string, (bench: AdapterBench) => void>> = {
    "in place": (bench) => {
      bench.rewrite = (args) => {
        spoil(args);
        return undefined;
      };
    },
    "in place, deep inside": (bench) => {
      bench.rewrite = (args) => {
        const { nested } = args as { nested?: Record<string, unknown> };
        if (nested !== undefined) nested["path"] = "/undecided";
        return undefined;
      };
    },
    "by another object": (bench) => {
      bench.rewrite = (args) => ({ ...args, forbidden: true, nested: { path: "/undecided" } });
    },
    "in place and by another object": (bench) => {
      bench.rewrite = (args) => {
        spoil(args);
        return { ...args };
      };
    },
    "by an object that changes its mind": (bench) => {
      bench.rewrite = (args) => {
        let reads = 0;
        const id = args["id"];
        return {
          get id() {
            reads += 1;
            return reads === 1 ? id : "undecided";
          },
        };
      };
    },
  };
  return Object.entries(ways).map(([way, arrange]) =>
    adapterCase(
      options,
      `rewrite: arguments that are changed after the decision ${way} run only if decided`,
      async (bench) => {
        arrange(bench);
        await bench.call("kit_write", bench.args({ nested: { path: "/allowed" } }));
        nothingForbidden(bench);
        bench.rewrite = () => undefined;
        await runs(bench);
      },
    ),
  );
}

function spoil(args: Record<string, unknown>): void {
  args["forbidden"] = true;
  const { nested } = args as { nested?: Record<string, unknown> };
  if (nested !== undefined) nested["path"] = "/undecided";
}

function nothingForbidden(bench: AdapterBench): void {
  for (const { args } of bench.runs) assert.ok(!args.includes('"forbidden":true'), "a call ran that the policy denies");
}
