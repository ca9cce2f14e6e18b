import { ACCESS_CASES } from "./access-cases.ts";
import { BUCKET_CASES } from "./bucket-cases.ts";
import type { ConformanceCase } from "./case.ts";
import { LEGAL_HOLD_CASES } from "./legal-hold-cases.ts";
import { LIST_CASES } from "./list-cases.ts";
import { LOCK_CASES } from "./lock-cases.ts";
import { PERMISSION_CASES } from "./permission-cases.ts";
import { READ_CASES } from "./read-cases.ts";
import { RETENTION_CASES } from "./retention-cases.ts";
import { UPLOAD_CASES } from "./upload-cases.ts";

export const CASES: readonly ConformanceCase[] = [
  ...LOCK_CASES,
  ...RETENTION_CASES,
  ...LEGAL_HOLD_CASES,
  ...BUCKET_CASES,
  ...UPLOAD_CASES,
  ...READ_CASES,
  ...ACCESS_CASES,
  ...PERMISSION_CASES,
  ...LIST_CASES,
];
