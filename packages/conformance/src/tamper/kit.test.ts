import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as tamperEntry from "./index.ts";
import {
  sourceOf,
  tamper,
  tamperKit,
  TAMPER_CASES,
  TAMPER_NEEDS,
  writeTamperFolders,
  type TamperVerdict,
} from "./index.ts";

const INTACT: TamperVerdict = { verdict: "intact", level: "L1", first_bad: null, findings: [] };
const BAD: TamperVerdict = {
  verdict: "tampered",
  level: null,
  first_bad: { kind: "chain_broken", seq: 0, log: null },
  findings: [{ kind: "chain_broken" }],
};

async function failing(answer: TamperVerdict): Promise<string[]> {
  const names: string[] = [];
  for (const { name, run } of tamperKit({ verify: () => Promise.resolve(answer) })) {
    try {
      await run();
    } catch {
      names.push(name);
    }
  }
  return names;
}

test("the public names of the tamper entry", () => {
  expect(Object.keys(tamperEntry).sort()).toEqual(
    [
      "NEXT_SIGNER",
      "OTHER_SIGNER",
      "SIGNER",
      "TAMPER_CASES",
      "TAMPER_NEEDS",
      "LogWriter",
      "boundTrail",
      "boundWriters",
      "checkpointLogOf",
      "cleanTrail",
      "cleanTrailOf",
      "concat",
      "decisionEvent",
      "first",
      "makeNote",
      "outcomeEvent",
      "rechain",
      "second",
      "sourceOf",
      "tamper",
      "tamperKit",
      "testKey",
      "textOf",
      "utf8",
      "uuid",
      "writeTamperFolders",
      "writeTrailFolder",
    ].sort(),
  );
});

describe("the kit", () => {
  test("fails for a verifier that takes everything for intact, but where fast mode cannot see it", async () => {
    const blind = TAMPER_CASES.filter(({ kind }) => kind === null).length;
    expect(await failing(INTACT)).toHaveLength(2 * TAMPER_CASES.length - blind);
  });

  test("fails for a verifier that takes everything for bad, clean trails included", async () => {
    expect(await failing(BAD)).toHaveLength(2 * (TAMPER_CASES.length + 2));
  });

  test("leaves out what a store cannot hold", () => {
    const verify = (): Promise<TamperVerdict> => Promise.resolve(INTACT);
    const all = tamperKit({ verify });
    for (const need of TAMPER_NEEDS) {
      const can = TAMPER_NEEDS.filter((one) => one !== need);
      const needing = TAMPER_CASES.filter(({ needs = [] }) => needs.includes(need));
      expect(needing.length).toBeGreaterThan(0);
      expect(tamperKit({ verify, can })).toHaveLength(all.length - 2 * needing.length);
    }
  });

  test("puts each trail into the place it is given, and removes it", async () => {
    let places = 0;
    const kit = tamperKit({
      verify: (source) => source.logs().then(() => INTACT),
      place: (trail) => {
        places++;
        return Promise.resolve({ source: sourceOf(trail), remove: () => Promise.resolve(void places--) });
      },
    });
    await kit[0]?.run();
    await kit[2]?.run().catch(() => undefined);
    expect(places).toBe(0);
  });

  test("the cases are the same each time", () => {
    for (const one of TAMPER_CASES) expect(tamper(one)).toEqual(tamper(one));
  });
});

describe("the folders", () => {
  let directory = "";
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "proclaw-tampers-"));
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  test("hold a trail, a key, and what is expected", async () => {
    expect(await writeTamperFolders(directory)).toBe(TAMPER_CASES.length + 2);
    const names = (await readdir(directory)).sort();
    expect(names).toHaveLength(TAMPER_CASES.length + 2);
    expect(names[0]).toBe("000-clean");
    for (const name of names) {
      const expected = JSON.parse(await readFile(join(directory, name, "expect.json"), "utf8")) as Record<
        string,
        unknown
      >;
      expect(Object.keys(expected)).toEqual(["name", "needs", "anchors", "fast", "strict"]);
      expect(await readdir(join(directory, name, "trail"))).toContain("logs");
      for (const anchor of expected["anchors"] as string[]) await readFile(join(directory, name, anchor));
    }
    const bound = names.find((name) => name.includes("clean-with-logs")) ?? "";
    expect((await readdir(join(directory, bound, "trail", "checkpoints"))).sort()).toEqual(["97102937", "ba664195"]);
  });
});
