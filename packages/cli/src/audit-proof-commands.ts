import type { Command } from "commander";
import type { CliIo } from "./cli-io.ts";
import type { AuditCheckProofOptions } from "./commands/audit-check-proof.ts";
import type { AuditProveOptions } from "./commands/audit-prove.ts";
import type { AuditTilesOptions } from "./commands/audit-tiles.ts";

/** Commands about proofs that can be checked without the trail. */
export function addProofCommands(
  audit: Command,
  io: CliIo,
  done: (code: number) => void,
  help: { readonly store: string; readonly examples: (...lines: readonly string[]) => string },
): void {
  audit
    .command("prove")
    .description("write a proof that one record stands in the trail, for somebody who does not get the trail")
    .argument("<store>", help.store)
    .argument("<record>", "LOG:SEQ, as `audit tail` prints it")
    .option("-o, --output <file>", "where to write the proof (default: standard output)")
    .option("--record <file>", "where to write the record itself, which checking needs")
    .option("--force", "replace the files if they exist")
    .addHelpText(
      "after",
      help.examples("proclaw audit prove ./trail 4717383df:7 -o seven.tlog-proof --record seven.json"),
    )
    .action(async (store: string, record: string, options: AuditProveOptions) => {
      const { auditProve } = await import("./commands/audit-prove.ts");
      done(await auditProve(io, store, record, options));
    });

  audit
    .command("check-proof")
    .description("check a proof of one record (C2SP tlog-proof), offline")
    .argument("<proof>", "file that `audit prove` wrote")
    .requiredOption("--record <file>", "the record that is to be proved")
    .requiredOption("--key <file...>", "public keys of the operator (C2SP vkeys, one a line); may be repeated")
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      help.examples("proclaw audit check-proof seven.tlog-proof --record seven.json --key operator.vkey") +
        "\nExit status: 0 proved, 1 not proved, 2 usage or unreadable",
    )
    .action(async (proof: string, options: AuditCheckProofOptions) => {
      const { auditCheckProof } = await import("./commands/audit-check-proof.ts");
      done(await auditCheckProof(io, proof, options));
    });

  audit
    .command("tiles")
    .description("write a log as static files (C2SP tlog-tiles) that other people's tools can check")
    .argument("<store>", help.store)
    .argument("<log>", "id of the log, or its end")
    .argument("<folder>", "a new folder")
    .option("--json", "print a JSON object")
    .addHelpText(
      "after",
      help.examples("proclaw audit tiles ./trail 4717383df ./public") +
        "\nThe files hold the records themselves: what they say becomes public with them.",
    )
    .action(async (store: string, log: string, folder: string, options: AuditTilesOptions) => {
      const { auditTiles } = await import("./commands/audit-tiles.ts");
      done(await auditTiles(io, store, log, folder, options));
    });
}
