/**
 * A busy guard that is going to be killed: many callers at once, allowed and forbidden calls, and a
 * tool whose effect is a line in a file that survives the process.
 *
 * arguments: FOLDER PLAN_FILE PLAN_SHA256 RUN
 */
import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { DeniedError } from "@proclaw/runtime";
import { openGuard } from "proclaw";

const [folder = "", planFile = "", planSha256 = "", run = ""] = process.argv.slice(2);
const CALLERS = 16;

const guard = await openGuard({
  planFile,
  planSha256,
  store: join(folder, "trail"),
  stateDir: join(folder, "state"),
  context: () => ({ agent_id: "busy", session_id: run }),
});
appendFileSync(join(folder, "starts.log"), `${run}\n`);
process.stdout.write("busy\n");

/** The effects and what the caller was told, each one write to a file: a killed process loses neither. */
const effect = (id: string): void => appendFileSync(join(folder, "effects.log"), `${id}\n`);
const acknowledge = (id: string, what: string): void => appendFileSync(join(folder, "acks.log"), `${id} ${what}\n`);

await Promise.all(
  Array.from({ length: CALLERS }, async (_, caller) => {
    for (let i = 0; ; i++) {
      const id = `${run}-${caller}-${i}`;
      const forbidden = i % 4 === 3;
      const call = { tool: forbidden ? "erase" : "note", args: { id }, call_id: id };
      try {
        await guard.call(call, async () => {
          effect(id);
          // Some tools take a moment, so that kills also land between the effect and its outcome.
          if (i % 3 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
          return { noted: id };
        });
        acknowledge(id, "ran");
      } catch (error) {
        if (!(error instanceof DeniedError) || error.record === null) throw error;
        acknowledge(id, "denied");
      }
    }
  }),
);
