import { readFileSync } from "node:fs";
import util from "node:util";
import { Command, Option } from "commander";
import { addProofCommands } from "./audit-proof-commands.ts";
import type { CliIo } from "./cli-io.ts";
import type { AuditRotateKeyOptions } from "./commands/audit-rotate-key.ts";
import type { AuditVerifyOptions } from "./commands/audit-verify.ts";
import type { DoctorPostgresOptions } from "./commands/doctor-postgres.ts";
import type { DoctorS3Options } from "./commands/doctor-s3.ts";
import { wantsColor } from "./style.ts";
import { TEMPLATE_NAMES } from "./templates.ts";

export interface Program {
  readonly command: Command;
  /** What `--help` and `--version` have to say. */
  text(): string;
  /** The help that stands in for an error when a command is missing. */
  errorText(): string;
  /** Status of the command that ran. */
  exitCode(): number;
}

/*
 * Commands are imported when they run (`await import`), so that `audit verify` never loads the
 * policy compiler and `--help` loads nothing at all. A test lists the modules.
 */
export function buildProgram(io: CliIo): Program {
  let text = "";
  let errorText = "";
  let exitCode = 0;
  const root = new Command("proclaw")
    .description("Decide tool calls of agents by a policy, and verify the trail of what they did.")
    .version(version(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print help, with examples")
    .helpCommand("help [command]", "print help of a command")
    .option("--debug", "print stack traces of unexpected failures")
    .exitOverride()
    .configureHelp({ styleTitle: (title) => util.styleText("bold", title, { validateStream: false }) })
    .configureOutput({
      writeOut: (chunk) => void (text += chunk),
      writeErr: (chunk) => void (errorText += chunk),
      outputError: () => {},
      getOutHelpWidth: () => Math.min(io.stdout.columns ?? 100, 100),
      getErrHelpWidth: () => Math.min(io.stderr.columns ?? 100, 100),
      getOutHasColors: () => wantsColor(io.stdout, io.env),
      getErrHasColors: () => wantsColor(io.stderr, io.env),
    });

  addPolicyCommands(root, io, (code) => void (exitCode = code));
  addAuditCommands(root, io, (code) => void (exitCode = code));
  addDoctorCommands(root, io, (code) => void (exitCode = code));

  root
    .command("completion")
    .description("print a completion script for a shell")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText(
      "after",
      examples(
        "source <(proclaw completion bash)",
        "proclaw completion fish > ~/.config/fish/completions/proclaw.fish",
      ),
    )
    .action(async (shell: string) => {
      const { completion } = await import("./commands/completion.ts");
      exitCode = await completion(io, shell, root);
    });

  root.addHelpText(
    "after",
    examples("proclaw init", "proclaw lint policy.yaml", "proclaw audit verify ./trail --key operator.vkey") +
      "\nExit status: 0 fine, 1 findings, 2 usage or unreadable, 3 denied, 4 approval required, 130 interrupted",
  );
  return { command: root, text: () => text, errorText: () => errorText, exitCode: () => exitCode };
}

type Done = (code: number) => void;

function addPolicyCommands(root: Command, io: CliIo, done: Done): void {
  root
    .command("init")
    .description("write a commented policy to start from")
    .argument("[file]", "where to write it", "policy.yaml")
    .addOption(new Option("--template <name>", "which policy").choices(TEMPLATE_NAMES).default("minimal"))
    .option("--force", "replace the file if it exists")
    .option("--json", "print a JSON object")
    .addHelpText("after", examples("proclaw init", "proclaw init --template clinic clinic-policy.yaml"))
    .action(async (file: string, options: { template: string; force?: boolean; json?: boolean }) => {
      const { init } = await import("./commands/init.ts");
      done(await init(io, file, options));
    });

  root
    .command("lint")
    .description("check policies and say what is wrong, with line and column")
    .argument("[files...]", "policy files")
    .option("--policy <file...>", "policy files, the same as the arguments")
    .option("--tools <file>", "what the host knows of its tools (YAML or JSON, under the key `tools`)")
    .option("--strict", "warnings fail too")
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      examples("proclaw lint policy.yaml", "proclaw lint --strict --json policies/*.yaml") +
        "\nExit status: 0 clean or warnings only, 1 errors (with --strict also warnings), 2 usage or unreadable",
    )
    .action(
      async (files: string[], options: { policy?: string[]; tools?: string; strict?: boolean; json?: boolean }) => {
        const { lint } = await import("./commands/lint.ts");
        done(await lint(io, [...files, ...(options.policy ?? [])], options));
      },
    );

  root
    .command("compile")
    .description("compile a policy to a plan, and print the plan's digest")
    .argument("<file>", "policy file")
    .requiredOption("-o, --output <file>", "where to write the plan")
    .option("--tools <file>", "what the host knows of its tools (YAML or JSON, under the key `tools`)")
    .option("--force", "replace the output file even if it is not a plan")
    .option("--json", "print a JSON object")
    .addHelpText("after", examples("proclaw compile policy.yaml -o plan.json"))
    .action(async (file: string, options: { output: string; tools?: string; force?: boolean; json?: boolean }) => {
      const { compile } = await import("./commands/compile.ts");
      done(await compile(io, file, options));
    });

  root
    .command("schema")
    .description("print the JSON Schema of policies, for editors")
    .option("--tools", "the schema of files for --tools instead")
    .addHelpText(
      "after",
      examples("proclaw schema > policy.schema.json") +
        "\nThen the first line of a policy: # yaml-language-server: $schema=./policy.schema.json",
    )
    .action(async (options: { tools?: boolean }) => {
      const { schema } = await import("./commands/schema.ts");
      done(await schema(io, options));
    });

  policyOptions(root.command("check").description("decide one call and say why"))
    .requiredOption("--call <json>", "the call as JSON, or - for standard input")
    .option("--assume-lexical-paths", LEXICAL)
    .option("--explain", "say which rules were considered and what failed in each")
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      examples(
        `proclaw check --policy policy.yaml --call '{"tool":"search","args":{"query":"aspirin"}}'`,
        "proclaw check --policy policy.yaml --call - --explain < call.json",
      ) + "\nExit status: 0 allow, 3 deny, 4 approval required, 2 usage",
    )
    .action(async (options: PolicyOptions & { call: string; explain?: boolean; json?: boolean }) => {
      const { check } = await import("./commands/check.ts");
      done(await check(io, options));
    });

  policyOptions(root.command("decide").description("decide calls, one JSON object a line in, one decision a line out"))
    .option("--calls <file>", "file of calls, or - for standard input", "-")
    .option("--full", "print whole decisions, with rule ids, determining rules and obligations")
    .option("--assume-lexical-paths", LEXICAL)
    .addHelpText(
      "after",
      examples(
        "proclaw decide --policy policy.yaml --calls calls.jsonl",
        `echo '{"tool":"search","args":{}}' | proclaw decide --policy policy.yaml`,
      ) +
        `
A call:     {"tool": string, "args": object, "context"?: {"agent_id"?, "session_id"?,
            "principal"?: {"sub"?, "roles"?}, "variables"?, "working_directory"?, "now"?: RFC 3339},
            "facts"?: {"paths"?}, "call_id"?}
A decision: {"effect", "reason_code", "reason", "rule_name"}; with --full every member
A line that is no valid call is denied (invalid_call) and the run goes on; so is a blank line.
Rate limits count across the lines, each at its \`now\`; a repeated call_id takes nothing again.
Exit status: 0 all lines were answered, 2 usage or a policy that cannot load (then nothing is printed)`,
    )
    .action(async (options: PolicyOptions & { calls: string; full?: boolean }) => {
      const { decide } = await import("./commands/decide.ts");
      done(await decide(io, options));
    });
}

const LEXICAL =
  "take the lexically normalized path as the resolved one: for tests and replay only, since it does not see symbolic links";

export interface PolicyOptions {
  readonly policy?: string;
  readonly plan?: string;
  readonly planSha256?: string;
  readonly tools?: string;
  readonly assumeLexicalPaths?: boolean;
}

function policyOptions(command: Command): Command {
  return command
    .option("--policy <file>", "policy file")
    .addOption(
      new Option("--plan <file>", "plan made by `proclaw compile`, in place of --policy").conflicts([
        "policy",
        "tools",
      ]),
    )
    .option("--plan-sha256 <hex>", "digest that `proclaw compile` printed; required with --plan")
    .option("--tools <file>", "what the host knows of its tools (YAML or JSON, under the key `tools`)");
}

function addAuditCommands(root: Command, io: CliIo, done: Done): void {
  const audit = root
    .command("audit")
    .description("verify, export and follow audit trails, change their key")
    .helpCommand("help [command]", "print help of a command")
    .addHelpText("after", examples("proclaw audit verify ./trail", "proclaw audit tail ./trail --follow"));

  audit
    .command("verify")
    .description("verify chain, Merkle tree and checkpoints of a trail")
    .usage("[options] <store>")
    .argument("[store]", STORE)
    .option("--anchor <file...>", "checkpoints kept elsewhere, which the trail must continue; may be repeated")
    .option(
      "--key <file...>",
      "public keys of the operator (C2SP vkeys, one a line); may be repeated; without it the level is at most L0",
    )
    .addOption(new Option("--require <level>", "fail below this level").choices(["L1", "L2", "L3"]))
    .option(
      "--strict",
      "a torn last line and a closed log without checkpoint fail too, and every line must be canonical JSON",
    )
    .option("--save-state <file>", "write what it takes to verify only what comes later, if the trail is intact")
    .option("--force", "with --save-state: replace the file even if it is no state")
    .option("--resume <file>", "go on from a state: what it covers is not read again")
    .option("--workers <count>", "threads that verify a folder together (default: 1)")
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      examples(
        "proclaw audit verify ./trail",
        "proclaw audit verify ./trail --key operator.vkey --require L1 --anchor last-month.note --json",
        "proclaw audit verify ./trail --key ./keys/*.vkey",
      ) +
        `
Levels: L0 chain only, L1 signed checkpoint, L2 checkpoint in a WORM store or timestamped,
        L3 cosigned by independent witnesses
To keep a checkpoint: copy the newest \`logs/LOG/checkpoints/*.note\` somewhere else, for --anchor.
Exit status: 0 intact, 1 tampered or broken or below --require, 2 unreadable`,
    )
    .action(async (store: string | undefined, options: AuditVerifyOptions) => {
      const { auditVerify } = await import("./commands/audit-verify.ts");
      done(await auditVerify(io, store, options));
    });

  audit
    .command("export")
    .description("print the stored records as JSON Lines, byte for byte, by log id, then seq")
    .argument("<store>", STORE)
    .addHelpText("after", examples("proclaw audit export ./trail > trail.jsonl"))
    .action(async (store: string) => {
      const { auditExport } = await import("./commands/audit-export.ts");
      done(await auditExport(io, store));
    });

  audit
    .command("tail")
    .description("print the last records of a trail, a line each")
    .argument("<store>", STORE)
    .option("-n, --lines <count>", "how many records to begin with", "10")
    .option("-f, --follow", "go on with what is appended, until interrupted")
    .option("--json", "print the records as they are stored, as JSON Lines")
    .addHelpText("after", examples("proclaw audit tail ./trail", "proclaw audit tail ./trail --follow --json"))
    .action(async (store: string, options: { lines: string; follow?: boolean; json?: boolean }) => {
      const { auditTail } = await import("./commands/audit-tail.ts");
      done(await auditTail(io, store, options));
    });

  addRotateKey(audit, io, done);
  addProofCommands(audit, io, done, { store: STORE, examples });
}

function addRotateKey(audit: Command, io: CliIo, done: Done): void {
  audit
    .command("rotate-key")
    .description("replace the signing key by a new one, which the old one introduces in the trail")
    .argument("<store>", STORE)
    .requiredOption("--signing-key <file>", "private key file to replace (keys/trail.pem of the state folder)")
    .option("--key-name <name>", "name of the key in signatures", "proclaw")
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      examples("proclaw audit rotate-key ./trail --signing-key ~/.local/state/proclaw/keys/trail.pem") +
        "\nExit status: 0 done (run it again if it was interrupted), 2 usage, or it could not be done",
    )
    .action(async (store: string, options: AuditRotateKeyOptions) => {
      const { auditRotateKey } = await import("./commands/audit-rotate-key.ts");
      done(await auditRotateKey(io, store, options));
    });
}

const STORE = "folder of the trail, its file: URL, or the s3: or postgres: URL of its store";

function addDoctorCommands(root: Command, io: CliIo, done: Done): void {
  const doctor = root
    .command("doctor")
    .description("try whether a store keeps what it promises, before evidence is trusted to it")
    .helpCommand("help [command]", "print help of a command");

  doctor
    .command("s3")
    .description("try a bucket with a canary: delete, overwrite, shorten, bypass, suspend versioning, wrong MD5")
    .argument("<url>", "s3://BUCKET/PREFIX?region=…&endpoint=…; credentials come from the SDK's chain")
    .option("--canary-seconds <count>", "for how long the canary object is locked", "60")
    .option("--policy", "print a bucket policy for this place, and try nothing")
    .option("--writer <arn>", "with --policy: ARN of the role or user that writes")
    .option("--minimum-days <count>", "with --policy: days for which every object must be locked at least")
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      examples(
        "proclaw doctor s3 's3://evidence/clinic?region=eu-central-1'",
        "proclaw doctor s3 s3://evidence/clinic --policy --writer arn:aws:iam::123456789012:role/audit --minimum-days 364",
      ) +
        `
The canary stays below PREFIX/canary/ until its lock ends; nothing else is changed.
Exit status: 0 the bucket is WORM, 1 it is refused, 2 it could not be looked at`,
    )
    .action(async (url: string, options: DoctorS3Options) => {
      const { doctorS3 } = await import("./commands/doctor-s3.ts");
      done(await doctorS3(io, url, options));
    });

  doctor
    .command("postgres")
    .description("ask and try a database: guards, functions, roles, rights, flushing, encryption")
    .argument(
      "<url>",
      "postgres://USER@HOST/DATABASE, as the agent would use it; the password from PGPASSWORD or ~/.pgpass",
    )
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      examples(
        "proclaw doctor postgres postgres://agent@db.internal/audit?sslmode=verify-full",
        "proclaw doctor postgres 'postgres://agent@db.internal/audit?schema=clinic' --json",
      ) +
        `
Whatever is tried is rolled back. Run it as the agent's own user: what an administrator may do says nothing.
Exit status: 0 everything required holds, 1 something does not, 2 it could not be looked at`,
    )
    .action(async (url: string, options: DoctorPostgresOptions) => {
      const { doctorPostgres } = await import("./commands/doctor-postgres.ts");
      done(await doctorPostgres(io, url, options));
    });
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join("")}`;
}

function version(): string {
  const manifest: unknown = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  return String((manifest as { readonly version?: unknown }).version);
}

/** Name of the command that `argv` asks for (`audit verify`), or an empty string. */
export function commandOf(root: Command, argv: readonly string[]): string {
  const names: string[] = [];
  let command: Command = root;
  for (const word of argv) {
    if (word.startsWith("-")) continue;
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) break;
    names.push(word);
    command = next;
  }
  return names.join(" ");
}
