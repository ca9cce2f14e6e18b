export { createOpenClawAdapter, OPENCLAW_CAPABILITIES, PLUGIN_ID } from "./adapter.ts";
export type { OpenClawAdapter, OpenClawAdapterOptions } from "./adapter.ts";
export type { AdapterGuard, OpenAdapterGuard } from "./guard-source.ts";
export type { OpenClawApi, OpenClawRequester, OpenClawToolContext, OpenClawToolEvent } from "./host-types.ts";
export { callContextOf, principalOf } from "./principal.ts";
