import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";
import { writeWhole } from "../files.ts";
import { printable } from "../printable.ts";
import { shellWord } from "../shell-word.ts";
import { painter } from "../style.ts";
import { templateOf } from "../templates.ts";

export interface InitOptions {
  readonly template: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** Writes a starter policy. */
export async function init(io: CliIo, file: string, options: InitOptions): Promise<number> {
  const { text, call } = templateOf(options.template);
  await writeWhole(io, file, text, { what: "policy", replace: options.force === true });
  if (options.json === true) {
    await io.stdout.write(`${JSON.stringify({ v: 1, file, template: options.template })}\n`);
    return EXIT.ok;
  }
  const paint = painter(io.stdout, io.env);
  const name = shellWord(file);
  await io.stdout.write(
    `${paint("good", "wrote")} ${printable(file)} (template ${options.template})

Next:
  1. read it and change the rules to your tools:  ${name}
  2. check it:                                    proclaw lint ${name}
  3. try a call:                                  proclaw check --policy ${name} --explain --assume-lexical-paths \\
                                                    --call '${JSON.stringify(call)}'
  4. put it in force:                             openGuard({ policyFile: ${JSON.stringify(file)}, … }) from \`proclaw\`
`,
  );
  return EXIT.ok;
}
