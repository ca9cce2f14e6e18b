import type { Place } from "../diagnostics.ts";
import type { GlobPlan, OperandPlan, TestPlan } from "../plan/types.ts";
import { JSON_TYPES, type Operator, URL_ZONES } from "../policy.ts";
import { type ConstraintScope, typesOfTest } from "./constraints.ts";
import type { Members } from "./reader.ts";
import { normalizeAbsolute } from "../lexical-path.ts";
import { isPlainOption, isPlainProgram, isPlainSubcommand, isWrapper } from "../plain-command.ts";
import { readHours } from "./windows.ts";
import { readHostName, readMember } from "./zones.ts";

/** Reads one operator of a mapping. */
export class OperatorReader {
  readonly #scope: ConstraintScope;
  readonly #inner: (value: unknown, place: Place) => TestPlan | undefined;

  constructor(scope: ConstraintScope, inner: (value: unknown, place: Place) => TestPlan | undefined) {
    this.#scope = scope;
    this.#inner = inner;
  }

  read(operator: Operator, value: unknown, siblings: Members, place: Place): TestPlan | undefined {
    const { reader, operands } = this.#scope;
    const what = `\`${operator}\``;
    switch (operator) {
      case "equals": {
        const operand = operands.read(value, place, what);
        return operand && { op: operator, operand };
      }
      case "contains": {
        const operand = operands.read(value, place, what);
        return operand && { op: operator, operand };
      }
      case "prefix":
      case "suffix": {
        const operand = operands.text(value, place, what);
        return operand && { op: operator, operand };
      }
      case "gt":
      case "gte":
      case "lt":
      case "lte": {
        const operand = operands.number(value, place, what);
        return operand && { op: operator, operand };
      }
      case "one_of":
      case "none_of": {
        if (!Array.isArray(value)) return reader.wrongType(place, what, "a list", value);
        const list = this.#operandList(value, place, what, (item, at) => operands.read(item, at, what));
        return list && { op: operator, operands: list };
      }
      case "not":
      case "every":
      case "some": {
        const test = this.#inner(value, place);
        return test && { op: operator, test };
      }
      case "regex":
        return this.#regex(value, siblings, place);
      case "glob": {
        const glob = this.#glob(value, place, what);
        return glob && { op: "glob", glob, source: value as string };
      }
      case "length":
        return this.#length(value, place);
      case "type": {
        const types = reader.each(value, place, what, (item, at) => reader.oneOf(item, at, "type", JSON_TYPES));
        return types && { op: "type", types };
      }
      case "present":
      case "absent": {
        const said = reader.boolean(value, place, what);
        if (said === undefined) return undefined;
        return { op: said === (operator === "present") ? "present" : "absent" };
      }
      case "path":
        return this.#path(value, place);
      case "url":
        return this.#url(value, place);
      case "cidr": {
        const members = reader.each(value, place, what, (item, at) => {
          const member = readMember(reader, item, at, what);
          if (member === undefined || member.kind === "cidr") return member;
          return reader.invalid(at, `\`${String(item)}\` in ${what} is not an address or CIDR`);
        });
        return members && { op: "cidr", members };
      }
      case "email": {
        const members = reader.mapping(value, place, what);
        if (members === undefined) return undefined;
        reader.knownKeys(members, place, ["domains"], what);
        const domains = this.#operandList(members["domains"], place.at("domains"), "`domains`", (item, at) =>
          this.#hostOperand(item, at, "`domains`"),
        );
        return domains && { op: "email", domains };
      }
      case "time_of_day": {
        const ranges = reader.each(value, place, what, (item, at) => readHours(reader, item, at));
        return ranges && { op: "time_of_day", timezone: this.#scope.timezone, ranges };
      }
      case "command":
        return this.#command(value, place);
      default:
        return reader.invalid(place, `unknown operator \`${String(operator satisfies never)}\``);
    }
  }

  /** A condition that no call can satisfy is reported, not refused: it denies, or protects nothing. */
  warnOfContradictions(tests: readonly TestPlan[], place: Place): void {
    const { findings } = this.#scope.reader;
    const never = (why: string): void => findings.warn(place, "never_matches", `this can never be true: ${why}`);
    const types = typesOfTest({ op: "all", tests }, this.#scope.operands);
    if (
      tests.some((test) => test.op === "absent") &&
      tests.some((test) => test.op !== "absent" && test.op !== "not" && test.op !== "none_of")
    ) {
      never("the argument would have to be absent and present");
      return;
    }
    if (
      types?.length === 0 &&
      !tests.every((test) => test.op === "absent" || test.op === "not" || test.op === "none_of")
    ) {
      never("the operators need different types");
      return;
    }
    const limits = tests.flatMap((test) => {
      if (test.op !== "gt" && test.op !== "gte" && test.op !== "lt" && test.op !== "lte") return [];
      return test.operand.kind === "value" ? [{ op: test.op, at: test.operand.value as number }] : [];
    });
    const crossed = limits.some(
      (low) =>
        (low.op === "gt" || low.op === "gte") &&
        limits.some(
          (high) =>
            (high.op === "lt" || high.op === "lte") &&
            (high.at < low.at || (high.at === low.at && (high.op === "lt" || low.op === "gt"))),
        ),
    );
    if (crossed) never("no number lies between the limits");
  }

  #regex(value: unknown, siblings: Members, place: Place): TestPlan | undefined {
    const { reader, patterns, effect } = this.#scope;
    const source = reader.string(value, place, "`regex`");
    let search = false;
    if (Object.hasOwn(siblings, "search")) {
      const said = reader.boolean(siblings["search"], place, "`search`");
      if (said === undefined) return undefined;
      search = said;
    } else if (effect !== "allow") {
      reader.findings.error(
        place,
        "unstated_search",
        "`regex` in a deny or approval rule must say whether a part of the value may match",
        "add `search: true` (a part) or `search: false` (the whole value)",
      );
      return undefined;
    }
    if (source === undefined) return undefined;
    const pattern = patterns.regex(source, search, place);
    return pattern === undefined ? undefined : { op: "regex", pattern, source };
  }

  #glob(value: unknown, place: Place, what: string): GlobPlan | undefined {
    const source = this.#scope.reader.string(value, place, what);
    return source === undefined ? undefined : this.#scope.patterns.glob(source, place);
  }

  #length(value: unknown, place: Place): TestPlan | undefined {
    const { reader } = this.#scope;
    const bound = (bound: unknown, at: Place): number | undefined => reader.integer(bound, at, "a length", 0, 2 ** 31);
    if (typeof value === "number") {
      const exact = bound(value, place);
      return exact === undefined ? undefined : { op: "length", min: exact, max: exact };
    }
    const members = reader.mapping(value, place, "`length`");
    if (members === undefined) return undefined;
    reader.knownKeys(members, place, ["min", "max"], "`length`");
    if (members["min"] === undefined && members["max"] === undefined)
      return reader.invalid(place, "`length` needs `min`, `max` or both");
    const min = members["min"] === undefined ? 0 : bound(members["min"], place.at("min"));
    const max = members["max"] === undefined ? null : bound(members["max"], place.at("max"));
    if (min === undefined || max === undefined) return undefined;
    if (max !== null && min > max)
      reader.findings.warn(place, "never_matches", "this can never be true: `min` is above `max`");
    return { op: "length", min, max };
  }

  #path(value: unknown, place: Place): TestPlan | undefined {
    const { reader } = this.#scope;
    const members = reader.mapping(value, place, "`path`");
    if (members === undefined) return undefined;
    reader.knownKeys(members, place, ["within", "not_within", "extensions"], "`path`");
    const tests: TestPlan[] = [];
    let failed = false;
    const add = (test: TestPlan | undefined): void => {
      if (test === undefined) failed = true;
      else tests.push(test);
    };
    if (members["within"] !== undefined) {
      const roots = this.#operandList(members["within"], place.at("within"), "`within`", (item, at) =>
        this.#root(item, at, "`within`"),
      );
      add(roots && { op: "path_within", roots });
    }
    if (members["not_within"] !== undefined) {
      const roots = this.#operandList(members["not_within"], place.at("not_within"), "`not_within`", (item, at) =>
        this.#root(item, at, "`not_within`"),
      );
      add(roots && { op: "path_not_within", roots });
    }
    if (members["extensions"] !== undefined) {
      const extensions = this.#operandList(members["extensions"], place.at("extensions"), "`extensions`", (item, at) =>
        this.#extension(item, at),
      );
      add(extensions && { op: "path_extensions", extensions });
    }
    if (failed) return undefined;
    if (tests.length === 0) return reader.invalid(place, "`path` needs `within`, `not_within` or `extensions`");
    return tests.length === 1 ? tests[0] : { op: "all", tests };
  }

  /** A folder: absolute, unless it is a variable, which is judged at the call. */
  #root(value: unknown, place: Place, what: string): OperandPlan | undefined {
    const { reader, operands } = this.#scope;
    const operand = reader.string(value, place, what) === undefined ? undefined : operands.text(value, place, what);
    if (operand === undefined || operand.kind === "variable") return operand;
    const text = operand.kind === "template" ? (operand.parts[0] as string) : (value as string);
    if (!text.startsWith("/") || text.includes("\\") || text.includes("\0")) {
      return reader.invalid(
        place,
        `\`${value as string}\` is not an absolute path`,
        text === "" && operand.kind === "template"
          ? "a folder of the policy begins with `/`, or is one variable alone; use a second variable"
          : "a folder of the policy begins with `/`",
      );
    }
    if ((value as string).split("/").includes(".."))
      return reader.invalid(place, `\`${value as string}\` holds \`..\``);
    if (/[*?]/.test(value as string))
      return reader.invalid(
        place,
        `\`${value as string}\` holds a wildcard`,
        `${what} names folders; \`glob:\` takes wildcards`,
      );
    return operand.kind === "value" ? { kind: "value", value: normalizeAbsolute(value as string) } : operand;
  }

  #extension(value: unknown, place: Place): OperandPlan | undefined {
    const { reader, operands } = this.#scope;
    const operand =
      reader.string(value, place, "`extensions`") === undefined
        ? undefined
        : operands.text(value, place, "`extensions`");
    if (operand === undefined || operand.kind === "variable") return operand;
    if (!(value as string).startsWith(".") || /[/\\*?]/.test((value as string).replaceAll(/\$\{[^}]*\}/g, ""))) {
      return reader.invalid(
        place,
        `extension \`${value as string}\` does not begin with a dot, or holds a separator or wildcard`,
        "for example .md",
      );
    }
    return operand;
  }

  #url(value: unknown, place: Place): TestPlan | undefined {
    const { reader, operands } = this.#scope;
    const members = reader.mapping(value, place, "`url`");
    if (members === undefined) return undefined;
    const keys = ["schemes", "hosts", "ports", "paths", "zones", "userinfo"] as const;
    reader.knownKeys(members, place, keys, "`url`");
    if (Object.keys(members).length === 0) return reader.invalid(place, "`url` names no condition");
    let failed = false;
    const list = <T>(
      key: (typeof keys)[number],
      read: (item: unknown, at: Place) => T | undefined,
    ): readonly T[] | null => {
      if (members[key] === undefined) return null;
      const items = this.#operandList(members[key], place.at(key), `\`${key}\``, read);
      if (items === undefined) failed = true;
      return items ?? null;
    };
    const schemes = list("schemes", (item, at) => {
      const operand = operands.text(item, at, "`schemes`");
      if (operand?.kind === "value" && !/^[a-z][a-z0-9+.-]*$/.test(operand.value as string)) {
        return reader.invalid(at, `\`${operand.value as string}\` is not a scheme`, "lower case, without colon: https");
      }
      return operand;
    });
    const hosts = list("hosts", (item, at) => this.#hostOperand(item, at, "`hosts`"));
    const ports = list("ports", (item, at) => reader.integer(item, at, "a port", 0, 65_535));
    const paths = list("paths", (item, at) => this.#glob(item, at, "`paths`"));
    const zones = list("zones", (item, at) => reader.oneOf(item, at, "zone", URL_ZONES));
    const userinfo =
      members["userinfo"] === undefined
        ? false
        : reader.boolean(members["userinfo"], place.at("userinfo"), "`userinfo`");
    if (failed || userinfo === undefined) return undefined;
    return { op: "url", schemes, hosts, ports, paths, zones, userinfo };
  }

  #command(value: unknown, place: Place): TestPlan | undefined {
    const { reader, effect } = this.#scope;
    const members = reader.mapping(value, place, "`command`");
    if (members === undefined) return undefined;
    reader.knownKeys(members, place, ["programs", "subcommands", "options", "operands", "allow_wrappers"], "`command`");
    const said = (key: "operands" | "allow_wrappers"): boolean =>
      members[key] !== undefined && reader.boolean(members[key], place.at(key), `\`${key}\``) === true;
    if (effect !== "allow") {
      for (const key of ["options", "operands", "allow_wrappers"])
        if (members[key] !== undefined)
          reader.invalid(place.at(key), `only an allow rule has \`${key}\` to allow`, "leave it out");
    }
    const wrappers = effect !== "allow" || said("allow_wrappers");
    const operands = effect === "allow" && said("operands");
    const programs = this.#operandList(members["programs"], place.at("programs"), "`programs`", (item, at) => {
      const program = this.#word(item, at, "`programs`", isPlainProgram);
      if (program === undefined || wrappers || !isWrapper(program)) return program;
      return reader.invalid(
        at,
        `\`${program}\` runs what its arguments say, and nobody looks at those`,
        "name the programs themselves; `allow_wrappers: true` allows everything that it can run",
      );
    });
    const subcommands =
      members["subcommands"] === undefined
        ? null
        : this.#operandList(members["subcommands"], place.at("subcommands"), "`subcommands`", (item, at) =>
            this.#word(item, at, "`subcommands`", isPlainSubcommand),
          );
    let options: readonly string[] | null | undefined = null;
    if (effect === "allow") {
      options =
        members["options"] === undefined
          ? []
          : this.#operandList(members["options"], place.at("options"), "`options`", (item, at) =>
              this.#word(item, at, "`options`", isPlainOption),
            );
    }
    return programs && subcommands !== undefined && options !== undefined
      ? { op: "command", programs, subcommands, options, operands }
      : undefined;
  }

  /** A word that a plain command can have; another one would never match. */
  #word(value: unknown, place: Place, what: string, fits: (word: string) => boolean): string | undefined {
    const { reader } = this.#scope;
    const word = reader.string(value, place, what);
    if (word === undefined || fits(word)) return word;
    return reader.invalid(
      place,
      `\`${word}\` in ${what} is no word of a plain command`,
      "one literal word without quotes, blanks, wildcards and variables; a program is no option and no assignment, an option begins with `-` or `+`",
    );
  }

  /** A host or `*.suffix`. */
  #hostOperand(value: unknown, place: Place, what: string): OperandPlan | undefined {
    const { reader, operands } = this.#scope;
    const operand = reader.string(value, place, what) === undefined ? undefined : operands.text(value, place, what);
    if (operand === undefined || operand.kind !== "value") return operand;
    const text = operand.value as string;
    if (text.startsWith("*.")) {
      const suffix = readHostName(text.slice(2));
      if (suffix !== undefined) return { kind: "value", value: `*.${suffix}` };
    } else if (readHostName(text) !== undefined) return { kind: "value", value: readHostName(text) as string };
    else if (!text.includes("/")) {
      const member = readMember(reader, text, place, what);
      return member === undefined ? undefined : operand;
    }
    return reader.invalid(
      place,
      `\`${text}\` in ${what} is not a host or \`*.suffix\``,
      "a host goes without scheme, port and path",
    );
  }

  #operandList<T>(
    value: unknown,
    place: Place,
    what: string,
    read: (item: unknown, at: Place) => T | undefined,
  ): readonly T[] | undefined {
    const items =
      value === undefined
        ? this.#scope.reader.wrongType(place, what, "a list", null)
        : this.#scope.reader.items(value, place, what);
    if (items === undefined) return undefined;
    const all: T[] = [];
    for (const [item, at] of items) {
      const one = read(item, at);
      if (one !== undefined) all.push(one);
    }
    return all.length === items.length ? all : undefined;
  }
}
