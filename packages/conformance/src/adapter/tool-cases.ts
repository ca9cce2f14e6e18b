import assert from "node:assert/strict";
import type { ConformanceCase } from "../case.ts";
import { adapterCase, describe, refused, runs, withheld } from "./bench.ts";
import type { AdapterKitOptions } from "./options.ts";

/** What a tool may do to the adapter: fail, never end; and the end of the session. */
export function toolCases(options: AdapterKitOptions): ConformanceCase[] {
  const named = adapterCase.bind(null, options);
  return [
    ...["kit_fail", "kit_throw"].map((tool) =>
      named(`throw: a failure of \`${tool}\` reaches the agent as one, and the trail as an error`, async (bench) => {
        const args = bench.args();
        const answer = await bench.call(tool, args);
        assert.equal(answer.status, "failed", `a tool that failed was ${describe(answer)}`);
        assert.equal(bench.runsWith(args).length, 1, "the tool must run once");
        await bench.until("the outcome", () => bench.records.some(({ kind }) => kind === "outcome"));
        const outcome = bench.records.find(({ kind }) => kind === "outcome");
        assert.equal(outcome?.execution_status, "error", "the trail must say that the tool failed");
        await runs(bench);
      }),
    ),

    named("hang: a tool that never ends holds up no other call, and no end of the session", async (bench) => {
      const args = bench.args();
      const hung = bench.call("kit_hang", args);
      hung.catch(() => {});
      await bench.until("the start of the tool", () => bench.runsWith(args).length === 1);
      await runs(bench);
      await refused(bench, bench.args({ forbidden: true }));
      await bench.close();
      const id = bench.records.find(({ tool_name }) => tool_name === "kit_hang")?.call_id;
      const outcome = bench.records.find((event) => event.kind === "outcome" && event.call_id === id);
      assert.ok(
        ["unobserved", "timeout", "killed", "unknown"].includes(outcome?.execution_status ?? ""),
        `the trail says \`${outcome?.execution_status}\` of a call that nobody saw end`,
      );
    }),

    named("end: a call after the end of the session does not run", async (bench) => {
      await runs(bench);
      await bench.close();
      await refused(bench);
    }),

    ...(options.capabilities.replaceOutput
      ? [
          named("end: a result that comes after the end of the session is withheld", async (bench) => {
            const args = bench.args();
            const hung = bench.call("kit_hang", args);
            hung.catch(() => {});
            await bench.until("the start of the tool", () => bench.runsWith(args).length === 1);
            await bench.close();
            await bench.end();
            withheld(await hung, args.id);
          }),
        ]
      : []),
  ];
}
