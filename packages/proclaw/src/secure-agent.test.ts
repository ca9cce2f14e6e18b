import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import type * as Decorated from "./fixtures/decorated/decorated-agent.ts";
import { guardThat } from "./fixtures/guards.ts";
import { DeniedError, secureAgent } from "./index.ts";

class Agent {
  readonly ran: string[] = [];
  readonly model: string;
  constructor(model: string) {
    this.model = model;
  }
  async invokeTool(name: string, args: { text?: string }): Promise<string> {
    this.ran.push(name);
    if (name === "fail") throw new RangeError("mine");
    return `${this.model}:${args.text ?? ""}`;
  }
}

test("calls go through the guard; values, errors, constructor and name stay the agent's own", async () => {
  const { guard, trail } = guardThat((call) => call.tool !== "rm");
  const Secured = secureAgent({ guard })(Agent);
  expect(Secured.name).toBe("Agent");
  const agent = new Secured("m");
  expect(agent).toBeInstanceOf(Agent);
  expect(await agent.invokeTool("say", { text: "hi" })).toBe("m:hi");
  await expect(agent.invokeTool("fail", {})).rejects.toBeInstanceOf(RangeError);
  await expect(agent.invokeTool("rm", {})).rejects.toBeInstanceOf(DeniedError);
  expect(agent.ran).toEqual(["say", "fail"]);
  expect(trail.filter((event) => event.kind === "decision").map((event) => event.tool_name)).toEqual([
    "say",
    "fail",
    "rm",
  ]);
});

test("it returns at once; the first call waits for the start-up", async () => {
  const { guard } = guardThat(() => true);
  const opening = Promise.withResolvers<typeof guard>();
  const agent = new (secureAgent({ guard: opening.promise })(Agent))("m");
  let ended = false;
  const call = agent.invokeTool("say", {}).finally(() => {
    ended = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([ended, agent.ran.length]).toEqual([false, 0]);
  opening.resolve(guard);
  expect(await call).toBe("m:");
});

test("a start-up that failed lets nothing run", async () => {
  const agent = new (secureAgent({ guard: Promise.reject(new Error("no")) })(Agent))("m");
  await expect(agent.invokeTool("say", {})).rejects.toThrow("no");
  expect(agent.ran).toEqual([]);
});

test("INVARIANT (no way round): fields, assignments and subclasses", async () => {
  const { guard } = guardThat(() => false);
  const ran: string[] = [];
  const bypass = async (name: string): Promise<string> => {
    ran.push(name);
    return name;
  };
  class WithField {
    invokeTool = bypass;
  }
  expect(() => new (secureAgent({ guard })(WithField))()).toThrow(expect.objectContaining({ code: "invalid_option" }));

  const Secured = secureAgent({ guard })(Agent);
  class Overrides extends Secured {
    override async invokeTool(name: string): Promise<string> {
      return bypass(name);
    }
  }
  expect(() => new Overrides("m")).toThrow(expect.objectContaining({ code: "invalid_option" }));
  class AddsField extends Secured {
    override invokeTool = bypass;
  }
  expect(() => new AddsField("m")).toThrow(TypeError);
  expect(() => Object.assign(Secured.prototype, { invokeTool: bypass })).toThrow(TypeError);
  const agent = new Secured("m");
  expect(() => Object.assign(agent, { invokeTool: bypass })).toThrow(TypeError);
  await expect(agent.invokeTool("say", {})).rejects.toBeInstanceOf(DeniedError);

  let early: Promise<unknown> | undefined;
  class CallsEarly {
    constructor() {
      early = this.invokeTool("early");
    }
    async invokeTool(name: string): Promise<string> {
      return bypass(name);
    }
  }
  void new (secureAgent({ guard })(CallsEarly))();
  await expect(early).rejects.toBeInstanceOf(DeniedError);
  // A subclass that is secured itself may override.
  class Whole extends Agent {
    override async invokeTool(name: string): Promise<string> {
      return bypass(name);
    }
  }
  await expect(new (secureAgent({ guard })(Whole))("m").invokeTool("x")).rejects.toBeInstanceOf(DeniedError);
  expect(ran).toEqual([]);
});

test("the decorator form, as `tsc` lowers it", async () => {
  const out = mkdtempSync(join(tmpdir(), "proclaw-decorator-"));
  try {
    const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
    const project = join(import.meta.dirname, "fixtures/decorated/tsconfig.json");
    execFileSync(process.execPath, [tsc, "-p", project, "--outDir", out], { stdio: "pipe" });
    const { decorate } = (await import(pathToFileURL(join(out, "decorated-agent.js")).href)) as typeof Decorated;
    const { guard } = guardThat((call) => call.tool === "say");
    const agent = new (decorate(secureAgent({ guard })))();
    expect(await agent.invokeTool("say", { text: "hi" })).toBe("hi");
    await expect(agent.invokeTool("rm", {})).rejects.toBeInstanceOf(DeniedError);
    expect(agent.ran).toEqual(["say"]);
  } finally {
    rmSync(out, { recursive: true });
  }
});
