import { expect, it } from "vitest";
import * as entry from "./index.ts";

it("exports", () => {
  expect(Object.keys(entry).sort()).toEqual(["JumpingClock", "MANNERS", "S3Server", "startS3Server"]);
});
