export type { User } from "./server/authenticate.ts";
export type { Bucket, DefaultRule, LockMode, ObjectVersion, Retention } from "./server/bucket.ts";
export { JumpingClock } from "./server/clock.ts";
export type { Fault, FaultKind } from "./server/faults.ts";
export { MANNERS } from "./server/manner.ts";
export type { Manner, MannerName } from "./server/manner.ts";
export { S3Server, startS3Server } from "./server/server.ts";
export type { LoggedRequest, S3ServerOptions } from "./server/server.ts";
