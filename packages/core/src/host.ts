/** What a host can do with a verdict; declared by its adapter. */
export interface HostCapabilities {
  /** Who runs the tool: the guard, or the host between `authorize` and `settle`. */
  readonly executes: "guard" | "host";
  /** The host passes our abort signal on to the tool. */
  readonly abort: boolean;
  /** The host runs the tool with the arguments we hand back. */
  readonly rewriteArgs: boolean;
  /** The host shows the model the output we hand back. */
  readonly replaceOutput: boolean;
  /** The host knows on whose behalf it acts. */
  readonly identity: boolean;
}

/** What a host knows of one of its tools; the form of a policy's `tools` section. */
export interface ToolFacts {
  /** Zone the tool talks to: a name, or hosts and CIDRs. */
  readonly network?: "none" | "internal" | "external" | readonly string[];
  /** Time limit: a duration such as `5s`, or milliseconds. */
  readonly timeout?: string | number;
  readonly sandbox?: string;
  readonly reversible?: boolean;
  /** Name of the tool that undoes this one. */
  readonly undo?: string;
  /** Arguments that need no constraint. */
  readonly harmless_args?: readonly string[];
  /** From alias to canonical argument name. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** Argument that names the data subject. */
  readonly subject?: string;
  /** Arguments that hold a host name or address. */
  readonly hosts?: readonly string[];
  /** Limits on what comes back. */
  readonly output?: { readonly max_bytes?: number; readonly keep_fields?: readonly string[] };
  /** How arguments and results are kept in the trail. */
  readonly payload?: "inline" | "ref" | "sealed" | "omitted";
}

export type ToolCatalogue = Readonly<Record<string, ToolFacts>>;
