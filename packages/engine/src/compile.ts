export { compile } from "./compile/compile.ts";
export type { CompileOptions, CompileResult } from "./compile/compile.ts";
export type { PolicySource, ResolveExtends } from "./compile/layers.ts";
export { templateNames, templatePolicy } from "./templates/index.ts";
