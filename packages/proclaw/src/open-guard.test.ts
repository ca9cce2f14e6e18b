import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createFileStore, openFileSource } from "@proclaw/audit";
import type { AuditRecord, Logger } from "@proclaw/core";
import { canonicalJson, ProclawError } from "@proclaw/core";
import { planSha256 } from "@proclaw/engine";
import { loadPolicyText } from "@proclaw/engine/yaml";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DeniedError, openDenyAllGuard, openGuard, openGuardOrDenyAll, secureAgent } from "./index.ts";
import type { OpenGuardOptions } from "./index.ts";

const policy = (notes: string): string => `rules:
  - name: "Drug Search"
    tool: search
    constraints: { query: "^[A-Za-z0-9 ]+$" }
  - name: "Notes"
    tool: read
    constraints: { path: { path: { within: [${notes}] } } }
  - name: "Block Unknown Tools"
    default: true
    allow: false
`;

let folder = "";
let lines: string[] = [];
const logger: Logger = {
  debug: () => {},
  info: (message) => void lines.push(`info ${message}`),
  warn: (message) => void lines.push(`warn ${message}`),
  error: (message) => void lines.push(`error ${message}`),
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "proclaw-open-"));
  mkdirSync(join(folder, "notes"));
  writeFileSync(join(folder, "policy.yaml"), policy(join(folder, "notes")));
  lines = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function options(change: object = {}): OpenGuardOptions {
  return {
    policyFile: join(folder, "policy.yaml"),
    stateDir: join(folder, "state"),
    context: () => ({ agent_id: "a", working_directory: folder }),
    logger,
    ...change,
  };
}

/** Of all logs but those of checkpoints. */
async function records(trail: string = join(folder, "state/trail")): Promise<AuditRecord[]> {
  const source = openFileSource(trail);
  const found: AuditRecord[] = [];
  for (const log of await source.logs()) {
    if (log.startsWith("checkpoints-")) continue;
    for await (const { bytes } of source.read(log)) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of bytes) chunks.push(chunk);
      const text = Buffer.concat(chunks).toString().trimEnd();
      found.push(...text.split("\n").map((line) => JSON.parse(line) as AuditRecord));
    }
  }
  return found;
}

/** Denied whatever it asks for, and nothing ran. */
async function expectDenial(call: Promise<unknown>, reasonCode: string): Promise<void> {
  await expect(call).rejects.toBeInstanceOf(DeniedError);
  await expect(call).rejects.toMatchObject({ decision: { reason_code: reasonCode } });
}

test("a policy, a trail and a key from nothing: allowed runs, the rest does not, all of it on record", async () => {
  const guard = await openGuard(options());
  const ran: string[] = [];
  const tools = guard.wrap({
    search: async ({ query }: { query: string }) => (ran.push(query), `3 results for ${query}`),
    read: async ({ path }: { path: string }) => (ran.push(path), "text"),
    exec: async ({ command }: { command: string }) => ran.push(command),
  });
  expect(await tools.search({ query: "ibuprofen 400" })).toBe("3 results for ibuprofen 400");
  expect(await tools.read({ path: "notes/a.md" })).toBe("text");
  await expectDenial(tools.search({ query: "a@b.example" }), "no_matching_rule");
  await expectDenial(tools.read({ path: "notes/../state/keys/trail.pem" }), "no_matching_rule");
  await expectDenial(tools.exec({ command: "rm -rf /" }), "no_matching_rule");
  await guard.close();
  await guard.close();
  expect(ran).toEqual(["ibuprofen 400", "notes/a.md"]);

  const all = await records();
  expect(all.map((one) => one.kind)).toEqual([
    "log.open",
    "policy.load",
    "decision",
    "outcome",
    "decision",
    "outcome",
    "decision",
    "decision",
    "decision",
    "log.close",
  ]);
  expect(all[1]?.body).toMatchObject({
    loaded: true,
    mode: "enforce",
    policy_sha256: all[2]?.policy_decision?.policy_sha256,
    plan_sha256: all[2]?.policy_decision?.plan_sha256,
  });
  expect(all[0]?.body).toMatchObject({ software: expect.stringMatching(/^proclaw\/\d/) as string });
  const mode = (path: string): number => statSync(join(folder, path)).mode & 0o777;
  expect([mode("state"), mode("state/keys"), mode("state/keys/trail.pem")]).toEqual([0o700, 0o700, 0o600]);
  expect(readdirSync(join(folder, "state/trail/keys"))).toEqual(["proclaw.vkey"]);
});

test("the second start takes the same key; the trail may be a folder, a file: URL, or a store", async () => {
  const key = (trail: string): string => readFileSync(join(folder, trail, "keys/proclaw.vkey"), "utf8");
  await (await openGuard(options({ store: join(folder, "one") }))).close();
  await (await openGuard(options({ store: pathToFileURL(join(folder, "two")).href }))).close();
  expect(key("one")).toBe(key("two"));
  const store = createFileStore(join(folder, "three"));
  await (await openGuard(options({ store }))).close();
  expect((await records(join(folder, "three"))).map((one) => one.kind)).toEqual([
    "log.open",
    "policy.load",
    "log.close",
  ]);
  // The store stays the caller's.
  await expect(store.probe()).resolves.toMatchObject({ durable: true });
  await store.close();
});

describe("a guard that cannot be opened", () => {
  const cases: readonly (readonly [string, () => object, string, RegExp])[] = [
    ["no policy file", () => ({ policyFile: join(folder, "none.yaml") }), "invalid_policy", /none\.yaml`: ENOENT/],
    ["neither policy nor plan", () => ({ policyFile: undefined }), "invalid_option", /name either/],
    ["policy and plan", () => ({ planFile: "x", planSha256: "y" }), "invalid_option", /name either/],
    [
      "a plan without its digest",
      () => ({ policyFile: undefined, planFile: "x" }),
      "invalid_option",
      /name the digest/,
    ],
    ["a store of an unknown scheme", () => ({ store: "ftp://host/trail" }), "invalid_option", /`ftp:`/],
    [
      "a state folder that others may enter",
      () => (
        mkdirSync(join(folder, "open"), { mode: 0o755 }),
        chmodSync(join(folder, "open"), 0o755),
        { stateDir: join(folder, "open") }
      ),
      "invalid_option",
      /chmod 700/,
    ],
    [
      "a trail where a file is",
      () => (writeFileSync(join(folder, "file"), ""), { store: join(folder, "file") }),
      "unreadable_evidence",
      /./,
    ],
    ["a wrong option of the guard", () => ({ settleWithinMs: -1 }), "invalid_option", /settleWithinMs/],
    ["tools that are not JSON", () => ({ tools: { t: { timeout: 5n } } }), "invalid_option", /`tools`/],
    ["a time limit that is none", () => ({ compileTimeoutMs: 0 }), "invalid_option", /compileTimeoutMs/],
    ["a time limit beyond all timers", () => ({ compileTimeoutMs: 2 ** 31 }), "invalid_option", /compileTimeoutMs/],
    [
      "a payload mode in the policy that is not there yet",
      () => (
        writeFileSync(join(folder, "policy.yaml"), "tools: { t: { payload: sealed } }\nrules: [{ name: a, tool: t }]"),
        {}
      ),
      "invalid_option",
      /`sealed` is not available/,
    ],
    ["a compiler that does not finish", () => ({ compileTimeoutMs: 1 }), "invalid_policy", /within 1 ms/],
  ];
  test.each(cases)("%s → a clear error", async (_, change, code, message) => {
    const error: unknown = await openGuard(options(change())).catch((reason: unknown) => reason);
    expect(ProclawError.is(error, code as "invalid_policy")).toBe(true);
    expect((error as Error).message).toMatch(message);
  });

  test("INVARIANT (no allow before its policy is on record): a trail that takes no `policy.load`, then one that does", async () => {
    const trail = join(folder, "trail");
    const files = createFileStore(trail);
    const refusing: typeof files = {
      ...files,
      append: async (lease, expected, batch, signal) => {
        if (batch.some(({ bytes }) => Buffer.from(bytes).includes("policy.load"))) {
          throw new ProclawError("store_failed", "disk full");
        }
        return files.append(lease, expected, batch, signal);
      },
    };
    await expect(openGuard(options({ store: refusing }))).rejects.toMatchObject({ code: "store_failed" });
    const guard = await openGuardOrDenyAll(options({ store: refusing }));
    await expectDenial(
      guard.call({ tool: "search", args: { query: "x" } }, () => 1),
      "audit_unavailable",
    );
    await guard.close();
    // Nothing holds the trail.
    const after = await openGuard(options({ store: files }));
    expect((await after.call({ tool: "search", args: { query: "x" } }, () => 1)).value).toBe(1);
    await after.close();
    await files.close();
  });

  test("a broken policy is shown with file, line, column and hint; nothing was made on disk", async () => {
    const file = join(folder, "broken.yaml");
    writeFileSync(
      file,
      "rules:\n  - name: a\n    tool: t\n    efect: allow\n  - name: b\n    tool: t\n    constraints: { p: '^rm' }\n",
    );
    const error = await openGuard(options({ policyFile: file })).catch((reason: unknown) => reason as ProclawError);
    expect(error).toMatchObject({ code: "invalid_policy" });
    const { message } = error as ProclawError;
    expect(message).toContain(`${file}:4:5`);
    expect(message).toContain("`efect`");
    expect(message).toContain(`${file}:7:`);
    expect(message).not.toMatch(/^\s+at /m);
    expect(existsSync(join(folder, "state"))).toBe(false);
  });

  test("bytes that are not UTF-8, and an empty file, are no policy", async () => {
    const file = join(folder, "bytes.yaml");
    for (const bytes of [Buffer.from([0xff, 0xfe, 0x00]), Buffer.alloc(0)]) {
      writeFileSync(file, bytes);
      await expect(openGuard(options({ policyFile: file }))).rejects.toMatchObject({ code: "invalid_policy" });
    }
  });

  test("openGuardOrDenyAll never rejects: denied and on record, and the logger knows why", async () => {
    writeFileSync(join(folder, "policy.yaml"), "rules: 7");
    const guard = await openGuardOrDenyAll(options());
    await expectDenial(
      guard.call({ tool: "search", args: { query: "x" } }, () => 1),
      "policy_unavailable",
    );
    await guard.close();
    expect((await records()).map(({ kind, policy_decision }) => policy_decision?.reason_code ?? kind)).toEqual([
      "log.open",
      "policy.load",
      "policy_unavailable",
      "log.close",
    ]);
    expect((await records())[1]?.body).toEqual({ loaded: false, reason: "the policy cannot be loaded" });
    expect(lines.join("\n")).toContain("policy.yaml:1:");
  });

  test("openGuardOrDenyAll denies whatever is wrong with the options, and never rejects", async () => {
    const broken = {
      ...logger,
      error: () => {
        throw new Error("disk full");
      },
    };
    for (const [change, reasonCode] of [
      [{ context: "x" }, "policy_unavailable"],
      [{ context: undefined, policyFile: 7 }, "policy_unavailable"],
      [{ policyFile: "none", logger: broken }, "policy_unavailable"],
      [{ policyFile: "none", logger: {} }, "policy_unavailable"],
      [{ tools: { t: 1n } }, "policy_unavailable"],
      [{ store: 7 }, "audit_unavailable"],
      [{ clock: {} }, "audit_unavailable"],
      [{ stateDir: "a\0b" }, "audit_unavailable"],
    ] as const) {
      const guard = await openGuardOrDenyAll(options(change));
      expect(await guard.authorize({ tool: "search", args: { query: "x" } })).toMatchObject({
        kind: "denial",
        decision: { reason_code: reasonCode },
      });
      await guard.close();
    }
  });

  // The stand-in for such an application is a shell script, which Windows cannot start by its path.
  test.skipIf(process.platform === "win32")(
    "an application that is its own `execPath` is started as the compiler once, not without end",
    async () => {
      const [app, self, starts] = ["app.mjs", "self.sh", "starts"].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      writeFileSync(self, `#!/bin/sh\nexec '${process.execPath}' --conditions=@proclaw/source '${app}'\n`, {
        mode: 0o700,
      });
      writeFileSync(
        app,
        `import { appendFileSync } from "node:fs";
        appendFileSync(${JSON.stringify(starts)}, "x");
        process.execPath = ${JSON.stringify(self)};
        const { openGuard } = await import(${JSON.stringify(join(import.meta.dirname, "index.ts"))});
        await openGuard({ ...${JSON.stringify({ policyFile: join(folder, "policy.yaml"), stateDir: join(folder, "state") })}, context: () => ({}) })
          .catch((error) => console.error(error.message));`,
      );
      execFileSync(self, { stdio: "pipe" });
      expect(readFileSync(starts, "utf8")).toBe("xx");
    },
  );

  test("without a trail everything is denied with `audit_unavailable`", async () => {
    writeFileSync(join(folder, "file"), "");
    for (const guard of [
      await openGuardOrDenyAll(options({ store: join(folder, "file") })),
      await openDenyAllGuard({ reason: "switched off", stateDir: join(folder, "file"), logger }),
    ]) {
      await expectDenial(
        guard.call({ tool: "search", args: { query: "x" } }, () => 1),
        "audit_unavailable",
      );
      await guard.close();
    }
    expect(lines.some((line) => line.startsWith("error"))).toBe(true);
  });

  test("secureAgent over a broken policy denies every call", async () => {
    writeFileSync(join(folder, "policy.yaml"), "rules: 7");
    let ran = 0;
    const Secured = secureAgent(options())(
      class {
        async invokeTool(): Promise<number> {
          return ++ran;
        }
      },
    );
    const agent = new Secured() as { invokeTool(name: string, args: object): Promise<number> };
    await expectDenial(agent.invokeTool("search", { query: "x" }), "policy_unavailable");
    expect(ran).toBe(0);
  });
});

describe("a compiled plan", () => {
  function writePlan(text: string): { planFile: string; sha256: string } {
    const result = loadPolicyText(text, { file: "policy.yaml" });
    if (!result.ok) throw new Error("policy");
    const planFile = join(folder, "plan.json");
    writeFileSync(planFile, canonicalJson(result.plan));
    return { planFile, sha256: planSha256(result.plan) };
  }

  test("is taken with its digest, and only with it", async () => {
    const { planFile, sha256 } = writePlan(policy("/srv/notes"));
    const plan = (planSha256: string): OpenGuardOptions => options({ policyFile: undefined, planFile, planSha256 });
    const guard = await openGuard(plan(sha256.toUpperCase()));
    expect((await guard.call({ tool: "search", args: { query: "x" } }, () => 1)).value).toBe(1);
    await guard.close();
    await expect(openGuard(plan("0".repeat(64)))).rejects.toMatchObject({ code: "invalid_policy" });
    // The policy's own words, changed after the digest was taken.
    writeFileSync(planFile, readFileSync(planFile, "utf8").replace('"search"', '"exec"'));
    await expect(openGuard(plan(sha256))).rejects.toMatchObject({ code: "invalid_policy" });
    writeFileSync(planFile, "{");
    await expect(openGuard(plan(sha256))).rejects.toMatchObject({
      message: expect.stringContaining("not JSON") as string,
    });
  });

  test("refuses tool facts that would have counted when it was compiled", async () => {
    const { planFile, sha256 } = writePlan(policy("/srv/notes"));
    const tools = { search: { timeout: "1s", reversible: false } };
    const late = options({ policyFile: undefined, planFile, planSha256: sha256, tools });
    await expect(openGuard(late)).rejects.toMatchObject({ message: expect.stringContaining("`reversible`") as string });
  });
});

test("what the host knows of its tools reaches the policy and the guard", async () => {
  writeFileSync(join(folder, "policy.yaml"), "rules: [{ name: r, tool: pay, constraints: { network: internal } }]");
  const call = async (tools: object): Promise<unknown> => {
    const guard = await openGuard(options({ tools }));
    try {
      return await guard
        .call({ tool: "pay", args: {} }, (_, run) => run.timeoutMs)
        .catch((error: DeniedError) => error.decision.reason_code);
    } finally {
      await guard.close();
    }
  };
  expect(await call({})).toBe("no_matching_rule");
  expect(await call({ pay: { network: "internal", timeout: "7s" } })).toMatchObject({ value: 7_000 });
  expect(await call({ pay: { network: "internal", reversible: false } })).toBe("approval_required");
});

test("how the policy keeps a tool's payloads holds, in a plan too; the stricter of it and the host's word", async () => {
  const trail = async (change: object): Promise<string> => {
    const guard = await openGuard(options(change));
    const call = { tool: "look_up", args: { patient: "Jane Doe" } };
    expect((await guard.call(call, () => "healthy")).value).toBe("healthy");
    await guard.close();
    const text = JSON.stringify(await records());
    rmSync(join(folder, "state/trail"), { recursive: true });
    return text;
  };
  const write = (payload: string): void =>
    writeFileSync(
      join(folder, "policy.yaml"),
      `tools: { look_up: { payload: ${payload} } }\nrules: [{ name: a, tool: look_up }]`,
    );
  write("inline");
  expect(await trail({})).toMatch(/Jane Doe.*healthy/);
  expect(await trail({ tools: { look_up: { payload: "omitted" } } })).not.toMatch(/Jane Doe|healthy/);
  write("omitted");
  expect(await trail({})).not.toMatch(/Jane Doe|healthy/);
  expect(await trail({ tools: { look_up: { payload: "inline", timeout: "1s" } } })).not.toMatch(/Jane Doe|healthy/);
  const result = loadPolicyText(readFileSync(join(folder, "policy.yaml"), "utf8"), {});
  if (!result.ok) throw new Error("policy");
  const planFile = join(folder, "plan.json");
  writeFileSync(planFile, canonicalJson(result.plan));
  expect(await trail({ policyFile: undefined, planFile, planSha256: planSha256(result.plan) })).not.toMatch(
    /Jane Doe|healthy/,
  );
});

test("a policy in audit mode is loud", async () => {
  writeFileSync(join(folder, "policy.yaml"), `mode: audit\n${policy("/srv/notes")}`);
  const guard = await openGuard(options());
  const { meta } = await guard.call({ tool: "exec", args: {} }, () => 1);
  await guard.close();
  expect(meta).toMatchObject({
    reason_code: "audit_mode",
    would_have: { effect: "deny", reason_code: "no_matching_rule" },
  });
  expect(lines).toContainEqual(expect.stringMatching(/^warn .*audit mode/));
});

test("an interrupted change of the key is finished by the next start; the old key goes aside, both are published", async () => {
  await (await openGuard(options())).close();
  const keys = join(folder, "state/keys");
  const old = readFileSync(join(keys, "trail.pem"), "utf8");
  // Whoever began it died after making the new key.
  const { privateKey } = generateKeyPairSync("ed25519");
  const next = privateKey.export({ format: "pem", type: "pkcs8" }).toString();
  writeFileSync(join(keys, "trail.pem.next"), next, { mode: 0o600 });
  await (await openGuard(options())).close();
  expect(lines.join("\n")).toContain("info a change of the trail's key that was interrupted is finished");
  expect(readFileSync(join(keys, "trail.pem"), "utf8")).toBe(next);
  const [aside = "", ...others] = readdirSync(keys);
  expect([readFileSync(join(keys, aside), "utf8"), others]).toEqual([old, ["trail.pem"]]);
  expect(readdirSync(join(folder, "state/trail/keys"))).toHaveLength(2);
  await (await openGuard(options())).close();
  const all = await records();
  expect(all.filter(({ kind }) => kind === "key.rotate")).toHaveLength(1);
  expect(all.at(-1)).toMatchObject({ kind: "log.close", hash_chain: { key_epoch: 0 } });
  // A new key that cannot be used is told, and nothing is changed.
  writeFileSync(join(keys, "trail.pem.next"), "no key", { mode: 0o600 });
  await expect(openGuard(options())).rejects.toMatchObject({ code: "invalid_option" });
  expect(readFileSync(join(keys, "trail.pem"), "utf8")).toBe(next);
});
