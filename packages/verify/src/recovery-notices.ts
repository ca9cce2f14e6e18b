import type { JsonObject } from "@proclaw/core";
import type { Place } from "./finding.ts";
import type { FindingList } from "./finding-list.ts";
import { counted } from "./wording.ts";

/** What a `recovery` record says of the log itself that an auditor should know. */
export function noticeRecovery(body: JsonObject, place: Place, findings: FindingList): void {
  const { cause, signed_size: signed } = body;
  if (cause === "checkpoint_log_lost") {
    findings.notice(
      "checkpoint_log_lost",
      place,
      "the writer found that the log of checkpoints it had in use was gone, cut or another one",
    );
  }
  const records = place.seq ?? 0;
  if (cause !== "writer_dead" || typeof signed !== "number" || !(signed < records)) return;
  findings.notice(
    "signed_after_death",
    { log: place.log, seq: Math.max(0, Math.floor(signed)), file: null, line: null },
    `the writer died before it signed the last ${counted(records - signed, "record")} before record ${records}: for them only the chain speaks, because only the next process could sign them`,
  );
}
