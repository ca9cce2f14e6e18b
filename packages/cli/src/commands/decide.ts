import { MAX_CALL_LINE_BYTES } from "../call-line.ts";
import type { CliIo } from "../cli-io.ts";
import type { Answer } from "../decider.ts";
import { EXIT } from "../exit-codes.ts";
import { readStream } from "../files.ts";
import { lineBatches } from "../lines.ts";
import { openDecider } from "../open-decider.ts";
import type { PolicyOptions } from "../program.ts";

/** Output is handed over in pieces of about this many characters, and whenever the input pauses. */
const FLUSH_CHARACTERS = 65_536;

export interface DecideOptions extends PolicyOptions {
  readonly calls: string;
  readonly full?: boolean;
}

/**
 * One decision a line, for one call a line, in order.
 *
 * INVARIANT (line N answers line N): every line of the input gets exactly one line, whatever is in
 * it; blank ones too, so that a reader can pair them by number.
 */
export async function decide(io: CliIo, options: DecideOptions): Promise<number> {
  const { decider } = await openDecider(io, options);
  const lineOf = options.full === true ? wholeLine : answerLine;
  let text = "";
  for await (const batch of lineBatches(readStream(io, options.calls, "calls"), MAX_CALL_LINE_BYTES)) {
    for (const line of batch) {
      const answer = decider.answer(line.bytes);
      // Awaiting only where there is something to wait for: a promise a line would halve the speed.
      text += lineOf(answer instanceof Promise ? await answer : answer);
      if (text.length >= FLUSH_CHARACTERS) {
        await io.stdout.write(text);
        text = "";
      }
    }
    await io.stdout.write(text);
    text = "";
  }
  return EXIT.ok;
}

/** Exactly these four members: others build on them. */
function answerLine({ decision: { effect, reason_code, reason, rule_name } }: Answer): string {
  return `${JSON.stringify({ effect, reason_code, reason, rule_name })}\n`;
}

/** Everything the decision point said: rule ids, determining rules, obligations, `would_have`. */
function wholeLine({ decision }: Answer): string {
  return `${JSON.stringify(decision)}\n`;
}
