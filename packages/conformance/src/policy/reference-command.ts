import type { JsonObject, JsonValue } from "@proclaw/core";
import { isArray, LoadError } from "./reference-document.ts";
import { all, fromBoolean } from "./truth.ts";
import type { Column, Truth } from "./truth.ts";

const LETTERS_AND_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** "words of unquoted literal characters" */
const LITERAL = new Set(`${LETTERS_AND_DIGITS}_@%+=:,./-`);

/** "Programs that run what their arguments say": the list of the language's document. */
const WRAPPERS: readonly string[] =
  ". alias ash at awk bash batch bind builtin bun bunx busybox bwrap capsh chroot chrt cmd command compgen complete coproc crontab csh dash dbus-run-session deno doas ed elvish emacs enable entr env eval ex exec expect fakeroot fc fd fdfind find firejail fish flock gawk gdb genv gfind gmake gosu gxargs i386 ionice jobs julia just ksh ld-linux.so ld.so linux32 linux64 ltrace lua luajit make mapfile mawk mksh nawk nice ninja nocorrect node nodejs noglob nohup npm npx nsenter nu nvim osascript parallel perl php pipx pkexec pnpx powershell prlimit proot pwsh pypy python rbash readarray repeat rscript rsync ruby run-parts run0 runuser rvim screen script sed setarch setpriv setsid sg sh source ssh start-stop-daemon stdbuf strace su sudo sudoedit systemd-run taskset tclsh tcsh time timeout tmux toybox trap unbuffer unshare uv uvx valgrind vi view vim vimdiff watch wish x86_64 xargs xonsh zsh".split(
    " ",
  );

/** Load errors of the operator. */
export function refuseCommand(operand: JsonValue, restricts: boolean): void {
  if (typeof operand !== "object" || operand === null || isArray(operand)) throw new LoadError("command");
  const { programs, subcommands, options, operands, allow_wrappers: flag, ...rest } = operand;
  if (Object.keys(rest).length > 0) throw new LoadError("command: unknown key");
  if (flag !== undefined && (restricts || typeof flag !== "boolean")) throw new LoadError("command: allow_wrappers");
  if (operands !== undefined && (restricts || typeof operands !== "boolean")) throw new LoadError("command: operands");
  if (options !== undefined && (restricts || !listOf(options).every((word) => isWord(word) && isDashed(word))))
    throw new LoadError("command: options");
  for (const program of listOf(programs)) {
    if (!isWord(program) || "-+".includes(program[0] as string) || program.includes("="))
      throw new LoadError("command: no program");
    if (!restricts && flag !== true && isWrapper(program)) throw new LoadError("command: a wrapper");
  }
  if (subcommands === undefined) return;
  for (const word of listOf(subcommands))
    if (!isWord(word) || "-+".includes(word[0] as string)) throw new LoadError("command: no subcommand");
}

/** "what it cannot show is refused": in doubt the condition is mistyped. */
export function commandTruth(operand: JsonObject, value: JsonValue, column: Column): Truth {
  if (typeof value !== "string" || value.length > 65_536) return "mistyped";
  const words = value.replaceAll("\t", " ").split(" ").filter(Boolean);
  const [program, subcommand] = words;
  // Opaque: anything that is not plainly words, a word that zsh would expand, an assignment or an option in front.
  if (program === undefined || !words.every(isWord)) return "mistyped";
  if (program.includes("=") || program.startsWith("-") || program.startsWith("+")) return "mistyped";
  const programs = listOf(operand["programs"]);
  const truths: Truth[] = [];
  // "only what is listed passes": in an allow rule each word that no member names is a doubt.
  for (const word of column === "allow" ? words.slice(operand["subcommands"] === undefined ? 1 : 2) : [])
    truths.push(mayFollow(word, operand) ? "true" : "mistyped");
  if (programs.includes(program)) truths.push("true");
  else if (isWrapper(program)) return "mistyped";
  else
    truths.push(programs.some((one) => `${fileName(program)}.`.startsWith(`${fileName(one)}.`)) ? "mistyped" : "false");
  if (operand["subcommands"] !== undefined) {
    if (subcommand !== undefined && "-+".includes(subcommand[0] as string)) truths.push("mistyped");
    else truths.push(fromBoolean(subcommand !== undefined && listOf(operand["subcommands"]).includes(subcommand)));
  }
  return all(truths, column);
}

function mayFollow(word: string, operand: JsonObject): boolean {
  if (!isDashed(word)) return operand["operands"] === true;
  if (operand["options"] === undefined) return false;
  const listed = new Set(listOf(operand["options"]));
  // `--name=` for any value: everything up to and with one of the word's `=`.
  const heads = Array.from(word, (char, at) => (char === "=" ? word.slice(0, at + 1) : word));
  return heads.some((head) => listed.has(head));
}

function isDashed(word: string): boolean {
  return word.startsWith("-") || word.startsWith("+");
}

function listOf(value: JsonValue | undefined): readonly string[] {
  const list = isArray(value) ? value : [value];
  if (list.length === 0 || !list.every((item) => typeof item === "string")) throw new LoadError("command: a list");
  return list;
}

function isWord(text: string): boolean {
  return text !== "" && text[0] !== "=" && Array.from(text).every((char) => LITERAL.has(char));
}

function fileName(program: string): string {
  return (program.split("/").at(-1) as string).toLowerCase();
}

/** Also with a version or a build behind it (`python3`, `lua-5.4`, `vim.tiny`), and every loader. */
function isWrapper(program: string): boolean {
  const name = fileName(program);
  if (name.startsWith("ld-") || name.startsWith("ld.so")) return true;
  const parts = name.split(/([.-])/);
  return parts.some((part, count) => {
    // The marks themselves stand between the parts.
    if (count % 2 === 1) return false;
    const front = parts.slice(0, count).join("") + part;
    let end = front.length;
    while (end > 0 && "0123456789".includes(front[end - 1] as string)) end--;
    return WRAPPERS.includes(front) || WRAPPERS.includes(front.slice(0, end));
  });
}
