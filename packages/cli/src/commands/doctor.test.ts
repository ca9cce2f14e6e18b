import { describe, expect, it } from "vitest";
import { memoryIo } from "../fixtures/memory-io.ts";
import { run } from "../fixtures/run.ts";
import { printDoctor } from "./doctor.ts";
import type { DoctorCheck, DoctorReport } from "./doctor.ts";

/* What a bucket answers is tested in tools/e2e, where there is one. */

const GOOD: DoctorCheck = { id: "a", title: "a is so", ok: true, required: true, happened: "it is", remedy: null };
const NOTE: DoctorCheck = { id: "b", title: "b", ok: false, required: false, happened: "not so", remedy: "nothing" };
const BAD: DoctorCheck = { id: "c", title: "c", ok: false, required: true, happened: "no\u001b[0m", remedy: "do it" };
const words = { good: "it is good", bad: "it is bad" };

describe("printDoctor", () => {
  it("says what was found, and the verdict", async () => {
    const memory = memoryIo();
    const report: DoctorReport = { name: "s3://x", ok: true, checks: [GOOD, NOTE], words, notes: ["a canary stays"] };
    expect(await printDoctor(memory.io, report, false)).toBe(0);
    expect(memory.stdout()).toBe(
      "s3://x\nok   a is so: it is\nnote b: not so\n     nothing\na canary stays\nit is good\n",
    );
  });

  it("answers 1 for a bad store, and shows nothing harmful", async () => {
    const memory = memoryIo();
    const report: DoctorReport = { name: "s3://x", ok: false, checks: [BAD], words, notes: [] };
    expect(await printDoctor(memory.io, report, false)).toBe(1);
    expect(memory.stdout()).toBe("s3://x\nBAD  c: no\\u{1b}[0m\n     do it\nit is bad\n");
  });

  it("prints an object", async () => {
    const memory = memoryIo();
    expect(await printDoctor(memory.io, { name: "s3://x", ok: false, checks: [BAD], words, notes: [] }, true)).toBe(1);
    expect(JSON.parse(memory.stdout())).toEqual({ v: 1, store: "s3://x", ok: false, checks: [BAD], notes: [] });
  });
});

describe("doctor s3", () => {
  it.each<[string[], string]>([
    [["./trail"], "`./trail` is no place in S3"],
    [["s3://evidence/x?nonsense=1"], "a store in S3 has no setting `nonsense`"],
    [["s3://key:secret@evidence/x"], "credentials do not belong into a URL"],
    [["s3://evidence/x", "--canary-seconds", "5"], "--canary-seconds takes a whole number from 60"],
    [["s3://evidence/x", "--canary-seconds", "99999999999"], "--canary-seconds takes a whole number from 60"],
    [["s3://evidence/x", "--policy"], "--policy needs --writer and --minimum-days"],
    [["s3://evidence/x", "--policy", "--writer", "me", "--minimum-days", "3"], "the writer is the ARN"],
  ])("refuses %j", async (words, message) => {
    const { code, out, err } = await run(["doctor", "s3", ...words]);
    expect({ code, out }).toEqual({ code: 2, out: "" });
    expect(err).toContain(message);
    expect(err).not.toContain("secret");
  });

  it("prints a policy", async () => {
    const writer = "arn:aws:iam::123456789012:role/audit";
    const { code, out } = await run([
      "doctor",
      "s3",
      "s3://evidence/clinic",
      "--policy",
      "--writer",
      writer,
      "--minimum-days",
      "364",
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ Version: "2012-10-17" });
    expect(out).toContain("arn:aws:s3:::evidence/clinic/v1/*");
  });
});
