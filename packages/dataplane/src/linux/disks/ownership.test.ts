import { expect, it } from "vitest";
import { planOwnership } from "./ownership.js";

it("a disk goes on with the users that it was written with", () => {
  expect(planOwnership("vol-1", 1, "range")).toBe("keep");
  expect(planOwnership("vol-1", 0, "one")).toBe("keep");
});

it("a user who got subordinate users since (package uidmap) keeps the disks: all of them are given to the instances' new root", () => {
  expect(planOwnership("vol-1", 0, "range")).toBe("give");
});

it("disks of users that are out of reach are refused with what to do, before anything boots on them read-only", () => {
  expect(() => planOwnership("vol-1", 65_534, "one")).toThrow(/vol-1 was written with users that you may not act for now.*uidmap/);
  expect(() => planOwnership("vol-1", 65_534, "range")).toThrow(/--data-dir/);
});
