import { expect, test } from "vitest";
import { impairment, isNear, victims } from "./ward-plan.js";

const LIMITS = { memory: 1000, processes: 4 };
const of = (...memory: readonly number[]) => memory.map((bytes, index) => ({ pid: index + 1, memory: bytes }));

test("an instance within its limits keeps all its processes", () => {
  expect(victims(1, of(400, 300, 300), 0, LIMITS)).toEqual([]);
  expect(isNear(of(100, 100), 0, LIMITS)).toBe(false);
  expect(isNear(of(100, 100), 400, LIMITS)).toBe(true);
});

test("beyond its memory the largest process ends, never the first, and files in memory count", () => {
  expect(victims(1, of(800, 100, 200), 0, LIMITS)).toEqual([{ pid: 3, memory: 200 }]);
  expect(victims(1, of(10, 100, 50), 900, LIMITS)).toEqual([{ pid: 2, memory: 100 }]);
  expect(victims(1, of(2000), 0, LIMITS)).toEqual([]);
});

test("of too many processes the newest end, as many as are too many", () => {
  expect(victims(1, of(1, 1, 1, 1, 1, 1), 0, LIMITS).map(({ pid }) => pid)).toEqual([6, 5]);
});

test("a stopped first process and a network that is down impair an instance", () => {
  expect(impairment("S", "Iface\neth0 0\n")).toBeUndefined();
  expect(impairment("T", "Iface\neth0 0\n")).toBe("its first process is stopped");
  expect(impairment("S", "Iface Destination\n")).toBe("its network is down");
  expect(impairment("S", undefined)).toBeUndefined();
});
