import { describe, expect, it } from "vitest";
import { OpenDecisions } from "./open-decisions.ts";
import { decision, outcome, sanitized } from "./fixtures/events.ts";

describe("OpenDecisions", () => {
  it("an outcome ends the oldest allowed decision of its call, and those that waited for approval", () => {
    const open = new OpenDecisions();
    const waiting = decision("call");
    open.observe("1", {
      ...waiting,
      policy_decision: { ...waiting.policy_decision, effect: "require_approval" } as never,
    });
    open.observe("2", decision("call"));
    open.observe("3", decision("call"));
    open.observe("4", decision("other"));
    expect(open.all().map(({ event_id, allowed }) => [event_id, allowed])).toEqual([
      ["1", false],
      ["2", true],
      ["3", true],
      ["4", true],
    ]);
    open.observe("5", outcome("call"));
    expect(open.all().map(({ event_id }) => event_id)).toEqual(["3", "4"]);
    open.observe("6", outcome("call"));
    expect(open.of("call")).toEqual([]);
  });

  it("a recovery record ends the decision it names, and no other", () => {
    const open = new OpenDecisions();
    for (const id of ["1", "2"]) open.observe(id, decision("call"));
    open.observe("3", sanitized({ kind: "recovery", call_id: "call", body: { decision: "2" } }));
    expect(open.all().map(({ event_id }) => event_id)).toEqual(["1"]);
  });

  it("a decision that ran nothing, an outcome that goes on, and records without a call change nothing", () => {
    const open = new OpenDecisions();
    open.observe("1", decision("denied", "deny"));
    open.observe("2", decision("call"));
    open.observe("3", { ...outcome("call"), execution_status: "pending" });
    open.observe("4", sanitized({ kind: "heartbeat" }));
    open.observe("5", outcome("never decided"));
    expect(open.all().map(({ event_id }) => event_id)).toEqual(["2"]);
  });

  it("counts what audit mode let pass as allowed", () => {
    const open = new OpenDecisions();
    const event = decision("call");
    open.observe("1", {
      ...event,
      policy_decision: { ...event.policy_decision, effect: "deny", mode: "audit" } as never,
    });
    expect(open.all()[0]?.allowed).toBe(true);
  });
});
