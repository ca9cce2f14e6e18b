import type { Command } from "commander";
import { CliError } from "../cli-error.ts";
import type { CliIo } from "../cli-io.ts";
import { EXIT } from "../exit-codes.ts";

/** A command as a shell needs to know it: the words that lead to it, and what may follow. */
interface Node {
  /** `audit verify`; empty for the root. */
  readonly path: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly Flag[];
}

interface Flag {
  readonly short: string | null;
  readonly long: string;
  readonly description: string;
  readonly choices: readonly string[];
  readonly takesValue: boolean;
}

/** Prints a completion script, made from the very commands that run. */
export async function completion(io: CliIo, shell: string, root: Command): Promise<number> {
  const nodes = walk(root, []);
  const script = { bash, zsh, fish };
  if (!Object.hasOwn(script, shell)) {
    throw new CliError("invalid_option", `no completion for shell \`${shell}\``, {
      hint: "known are bash, zsh and fish",
    });
  }
  await io.stdout.write(script[shell as keyof typeof script](nodes));
  return EXIT.ok;
}

function walk(command: Command, path: readonly string[]): Node[] {
  const help = command.createHelp();
  const subcommands = help.visibleCommands(command);
  const options = [...help.visibleOptions(command), ...(path.length > 0 ? rootOptions(command) : [])];
  const node: Node = {
    path: path.join(" "),
    commands: subcommands.map((child) => ({ name: child.name(), description: child.description() })),
    options: options.map((option) => ({
      short: option.short ?? null,
      long: option.long ?? "",
      description: option.description,
      choices: option.argChoices ?? [],
      takesValue: option.required || option.optional,
    })),
  };
  return [
    node,
    ...subcommands.filter((child) => child.name() !== "help").flatMap((child) => walk(child, [...path, child.name()])),
  ];
}

/** Options of the root that every command takes too. */
function rootOptions(command: Command): Command["options"] {
  let root = command;
  while (root.parent !== null) root = root.parent;
  return root.options.filter((option) => option.long === "--debug");
}

/** Options and commands that may follow each path, as one `case`. Values complete as files. */
function bash(nodes: readonly Node[]): string {
  const cases = nodes.map((node) => {
    const words = [...node.commands.map((child) => child.name), ...node.options.map((option) => option.long)];
    return `    "${node.path}") words="${words.join(" ")}" ;;`;
  });
  const values = choices(nodes).map(
    ({ long, values: list }) => `    ${long}) COMPREPLY=($(compgen -W "${list.join(" ")}" -- "$cur")); return ;;`,
  );
  return `# bash completion of proclaw. Load it: source <(proclaw completion bash)
_proclaw() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$path $word" in
${paths(nodes, (path, parent, name) => `      "${parent} ${name}") path="${path}" ;;`)}
    esac
  done
  case "$prev" in
${values.join("\n")}
  esac
  case "$path" in
${cases.join("\n")}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [[ "$cur" == -* ]] || COMPREPLY+=($(compgen -f -- "$cur"))
}
complete -o filenames -F _proclaw proclaw
`;
}

function zsh(nodes: readonly Node[]): string {
  const cases = nodes.map((node) => {
    const words = [
      ...node.commands.map((child) => `${child.name}:${plain(child.description)}`),
      ...node.options.map((option) => `${option.long}:${plain(option.description)}`),
    ];
    return `    "${node.path}") entries=(${words.map((word) => `'${word}'`).join(" ")}) ;;`;
  });
  const values = choices(nodes).map(({ long, values: list }) => `    ${long}) compadd -- ${list.join(" ")}; return ;;`);
  return `#compdef proclaw
# zsh completion of proclaw. Load it: source <(proclaw completion zsh)
_proclaw() {
  local path_="" word
  local -a entries
  for word in "\${(@)words[2,CURRENT-1]}"; do
    case "$path_ $word" in
${paths(nodes, (path, parent, name) => `      "${parent} ${name}") path_="${path}" ;;`)}
    esac
  done
  case "\${words[CURRENT-1]}" in
${values.join("\n")}
  esac
  case "$path_" in
${cases.join("\n")}
  esac
  _describe 'proclaw' entries
  _files
}
compdef _proclaw proclaw
`;
}

function fish(nodes: readonly Node[]): string {
  const lines = nodes.flatMap((node) => {
    const condition = fishCondition(node, nodes);
    const flags = [
      ...node.commands.map((child) => `-f -a ${child.name} -d '${plain(child.description)}'`),
      ...node.options.map((option) => {
        const short = option.short === null ? "" : ` -s ${option.short.replace(/^-/, "")}`;
        const value =
          option.choices.length > 0 ? ` -x -a '${option.choices.join(" ")}'` : option.takesValue ? " -r -F" : "";
        return `-l ${option.long.replace(/^--/, "")}${short}${value} -d '${plain(option.description)}'`;
      }),
    ];
    return flags.map((flag) => `complete -c proclaw -n '${condition}' ${flag}`);
  });
  return `# fish completion of proclaw. Save it as ~/.config/fish/completions/proclaw.fish
${lines.join("\n")}
`;
}

function fishCondition(node: Node, nodes: readonly Node[]): string {
  if (node.path === "") return "__fish_use_subcommand";
  const seen = node.path.split(" ").map((word) => `__fish_seen_subcommand_from ${word}`);
  const deeper = nodes.find((other) => other.path === node.path)?.commands.map((child) => child.name) ?? [];
  return [...seen, ...(deeper.length > 0 ? [`not __fish_seen_subcommand_from ${deeper.join(" ")}`] : [])].join(
    "; and ",
  );
}

/** One line for every command: how a word leads from its parent to it. */
function paths(nodes: readonly Node[], line: (path: string, parent: string, name: string) => string): string {
  return nodes
    .filter((node) => node.path !== "")
    .map((node) => {
      const words = node.path.split(" ");
      return line(node.path, words.slice(0, -1).join(" "), words.at(-1) ?? "");
    })
    .join("\n");
}

function choices(nodes: readonly Node[]): { readonly long: string; readonly values: readonly string[] }[] {
  const found = new Map<string, readonly string[]>();
  for (const option of nodes.flatMap((node) => node.options)) {
    if (option.choices.length > 0) found.set(option.long, option.choices);
  }
  return [...found].map(([long, values]) => ({ long, values }));
}

/** Text that needs no quoting between single quotes of any of the shells. */
function plain(text: string): string {
  return text.replace(/[^A-Za-z0-9 ,.;/()=-]/g, "");
}
