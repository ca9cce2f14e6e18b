export { boundTrail, boundWriters, cleanTrail } from "./clean-trails.ts";
export { first, rechain, second } from "./edits.ts";
export { tamperKit } from "./kit.ts";
export type { TamperKitOptions, TamperVerdict } from "./kit.ts";
export { decisionEvent, LogWriter, outcomeEvent } from "./log-writer.ts";
export { TAMPER_NEEDS } from "./tamper-case.ts";
export type { TamperCase, TamperNeed } from "./tamper-case.ts";
export { cleanTrailOf, tamper, TAMPER_CASES } from "./tamper-cases.ts";
export type { ExpectedDamage, TamperedTrail } from "./tamper-cases.ts";
export {
  checkpointLogOf,
  concat,
  NEXT_SIGNER,
  OTHER_SIGNER,
  SIGNER,
  testKey,
  textOf,
  utf8,
  uuid,
} from "./trail-format.ts";
export type { TestKey } from "./trail-format.ts";
export { makeNote, sourceOf } from "./trail-image.ts";
export type { LogImage, NoteImage, SegmentImage, TrailImage } from "./trail-image.ts";
export { writeTamperFolders, writeTrailFolder } from "./write-folders.ts";
