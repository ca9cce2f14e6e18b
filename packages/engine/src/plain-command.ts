/*
 * What a command string plainly says, without parsing a shell's language: words of characters that
 * no POSIX shell gives a meaning to, and blanks. Everything else is opaque: quotes, expansions,
 * operators, redirections, line breaks, assignments in front.
 */

/** `=` in front is an expansion of zsh; the class is the one that needs no quoting in any POSIX shell. */
const WORD = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+=:,./-]*$/;
/** A program: no option, no assignment. */
const PROGRAM = /^[A-Za-z0-9_@%:,./][A-Za-z0-9_@%+:,./-]*$/;
const MAX_CHARACTERS = 65_536;

/** The words of a plain command; null if it is opaque. */
export function plainWords(command: string): readonly string[] | null {
  if (command.length > MAX_CHARACTERS) return null;
  const words = command.split(/[ \t]+/).filter((word) => word !== "");
  const [program] = words;
  return program !== undefined && PROGRAM.test(program) && words.every((word) => WORD.test(word)) ? words : null;
}

/** A word behind a program that is no option. */
export function isPlainSubcommand(word: string): boolean {
  return WORD.test(word) && !/^[-+]/.test(word);
}

/** A word that a program may read as an option, after `-` or `+`. `--name=` in a policy stands for every value. */
export function isPlainOption(word: string): boolean {
  return WORD.test(word) && /^[-+]/.test(word);
}

export function isPlainProgram(program: string): boolean {
  return PROGRAM.test(program);
}

/** The last segment, in lower case: file systems that fold case run `RM` as `rm`. */
function baseName(program: string): string {
  return program.slice(program.lastIndexOf("/") + 1).toLowerCase();
}

/** Whether the word may run the program of a policy from another place, or as another build: `/tmp/rm`, `RM`, `rm.exe`. */
export function isNamesake(word: string, program: string): boolean {
  const name = baseName(program);
  return startsOf(baseName(word), ".").includes(name);
}

/**
 * Whether a program is known to run whatever its arguments say. Versions and builds count too
 * (`python3.12-dbg`, `busybox.static`), and every dynamic loader (`ld-linux-x86-64.so.2`).
 */
export function isWrapper(program: string): boolean {
  const name = baseName(program);
  if (/^ld(?:-|\.so)/.test(name)) return true;
  return startsOf(name, ".-").some((start) => WRAPPERS.has(start) || WRAPPERS.has(start.replace(/[0-9]+$/, "")));
}

/** The name, and what stands in it before each of the marks. */
function startsOf(name: string, marks: string): readonly string[] {
  return [name, ...Array.from(name).flatMap((char, at) => (marks.includes(char) ? [name.slice(0, at)] : []))];
}

/**
 * Programs and shell words whose ordinary use is to run a program, or code, that their arguments
 * name. No such list is whole; docs/policy/README.md has the same one.
 */
export const WRAPPERS: ReadonlySet<string> = new Set(
  [
    // Shells, and what a shell itself reads.
    "sh bash rbash dash ash ksh mksh zsh fish csh tcsh elvish nu xonsh pwsh powershell cmd busybox toybox",
    ". source eval exec command builtin enable coproc time trap alias noglob nocorrect repeat",
    "mapfile readarray compgen complete fc jobs bind",
    // Another user, another limit, another place.
    "sudo sudoedit doas su runuser setpriv pkexec run0 env nohup nice ionice chrt taskset prlimit",
    "timeout stdbuf unbuffer setsid setarch unshare nsenter chroot flock watch ld.so ld-linux.so",
    "sg start-stop-daemon capsh linux32 linux64 x86_64 i386 gosu genv rsync",
    "systemd-run dbus-run-session firejail bwrap proot fakeroot ssh tmux screen script expect",
    "strace ltrace gdb valgrind at batch crontab",
    // Once for each of something.
    "xargs parallel find fd fdfind entr make gmake ninja just run-parts gxargs gfind",
    // Interpreters.
    "python pypy perl ruby node nodejs deno bun php lua luajit tclsh wish osascript rscript julia",
    "awk gawk mawk nawk sed ed ex vi vim nvim view rvim vimdiff emacs",
    "npm npx bunx pnpx uv uvx pipx",
  ].flatMap((line) => line.split(" ")),
);
