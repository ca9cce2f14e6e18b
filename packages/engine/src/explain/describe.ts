import type { GlobPlan, OperandPlan, TestPlan, WindowPlan, ZoneMember, ZonePlan } from "../plan/types.ts";
import { WEEKDAYS } from "../policy.ts";

/** What a condition asks for, in words. Only words of the policy, no values of the call. */
export function describeTest(test: TestPlan): string {
  switch (test.op) {
    case "equals":
      return `equal ${operand(test.operand)}`;
    case "one_of":
      return `be one of ${test.operands.map(operand).join(", ")}`;
    case "none_of":
      return `be none of ${test.operands.map(operand).join(", ")}`;
    case "regex":
      return `match the pattern \`${test.source}\``;
    case "glob":
      return `match the glob \`${test.source}\``;
    case "prefix":
      return `begin with ${operand(test.operand)}`;
    case "suffix":
      return `end with ${operand(test.operand)}`;
    case "contains":
      return `contain ${operand(test.operand)}`;
    case "gt":
      return `be above ${operand(test.operand)}`;
    case "gte":
      return `be at least ${operand(test.operand)}`;
    case "lt":
      return `be below ${operand(test.operand)}`;
    case "lte":
      return `be at most ${operand(test.operand)}`;
    case "length":
      return `have a length ${test.max === null ? `of at least ${test.min}` : `from ${test.min} to ${test.max}`}`;
    case "type":
      return `be of type ${test.types.join(" or ")}`;
    case "present":
      return "be there";
    case "absent":
      return "not be there";
    case "path_within":
      return `be a path within ${test.roots.map(operand).join(", ")}`;
    case "path_not_within":
      return `be a path not within ${test.roots.map(operand).join(", ")}`;
    case "path_extensions":
      return `be a path ending in ${test.extensions.map(operand).join(", ")}`;
    case "url":
      return `be a URL with ${describeUrl(test)}`;
    case "cidr":
      return `be an address in ${test.members.map(member).join(", ")}`;
    case "email":
      return `be an e-mail address at ${test.domains.map(operand).join(", ")}`;
    case "time_of_day":
      return `be a time within ${test.ranges.map(([start, end]) => `${clock(start)}-${clock(end)}`).join(", ")}`;
    case "command": {
      const subcommands = test.subcommands === null ? "" : ` with subcommand ${test.subcommands.join(" or ")}`;
      return `be a plain command (words alone, no quotes, expansions, operators or wrappers) of ${test.programs.join(" or ")}${subcommands}${describeRest(test)}`;
    }
    case "not":
      return `not ${describeTest(test.test)}`;
    case "every":
      return `be a list in which every item must ${describeTest(test.test)}`;
    case "some":
      return `be a list in which some item must ${describeTest(test.test)}`;
    case "all":
      return test.tests.map(describeTest).join(" and ");
    default:
      return "satisfy a condition";
  }
}

export function describeZone(zone: ZonePlan): string {
  return "zone" in zone ? `zone \`${zone.zone}\`` : zone.members.map(member).join(", ");
}

/** Windows as the policy writes them: `mon, tue 08:00-18:00`. */
export function describeWindows(windows: readonly WindowPlan[]): string {
  return windows
    .map(({ days, start, end }) => {
      const hours = `${clock(start)}-${clock(end)}`;
      return days.length === 7 ? hours : `${days.map((day) => WEEKDAYS[day]).join(", ")} ${hours}`;
    })
    .join(" or ");
}

/** `mon 14:05`. */
export function describeTime([day, minute]: readonly [number, number]): string {
  return `${WEEKDAYS[day] ?? ""} ${clock(minute)}`;
}

function describeUrl(test: Extract<TestPlan, { op: "url" }>): string {
  const parts: string[] = [];
  if (test.schemes !== null) parts.push(`scheme ${test.schemes.map(operand).join(" or ")}`);
  if (test.hosts !== null) parts.push(`host ${test.hosts.map(operand).join(" or ")}`);
  if (test.ports !== null) parts.push(`port ${test.ports.join(" or ")}`);
  if (test.paths !== null) parts.push(`a path that matches ${test.paths.map(glob).join(" or ")}`);
  if (test.zones !== null) parts.push(`a ${test.zones.join(" or ")} host`);
  if (!test.userinfo) parts.push("no user name");
  return parts.join(", ");
}

function glob(plan: GlobPlan): string {
  return plan.kind === "table" ? "its glob" : "its glob with variables";
}

function operand(plan: OperandPlan): string {
  switch (plan.kind) {
    case "value":
      return `\`${JSON.stringify(plan.value)}\``;
    case "variable":
      return `variable \`${plan.name}\``;
    case "template":
      return `\`${plan.parts.map((part, index) => (index % 2 === 0 ? part : `$\{${part}}`)).join("")}\``;
    default:
      return "a value with variables";
  }
}

function member(value: ZoneMember): string {
  if (value.kind === "host") return `\`${value.host}\``;
  if (value.kind === "suffix") return `\`*.${value.suffix}\``;
  if (value.address.length === 4) return `\`${value.address.join(".")}/${value.bits}\``;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2)
    groups.push((((value.address[i] as number) << 8) | (value.address[i + 1] as number)).toString(16));
  return `\`${groups.join(":")}/${value.bits}\``;
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

function describeRest({ options, operands }: Extract<TestPlan, { op: "command" }>): string {
  if (options === null) return "";
  return `, ${options.length === 0 ? "without options" : `with no options but ${options.join(", ")}`}${operands ? "" : ", without operands"}`;
}
