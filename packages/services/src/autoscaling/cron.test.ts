import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextTime, parseCron, type Cron } from "./cron.js";

const at = (text: string): number => Date.parse(text);
const next = (expression: string, after: string, zone?: string): string | undefined => {
  const found = nextTime(parseCron(expression)!, at(after), zone);
  return found === undefined ? undefined : new Date(found).toISOString().slice(0, 16);
};

describe("the next time of a cron expression", () => {
  it.each([
    ["0 9 * * *", "2026-01-01T08:59:30Z", "2026-01-01T09:00"],
    ["0 9 * * *", "2026-01-01T09:00:00Z", "2026-01-02T09:00"],
    ["*/15 * * * *", "2026-01-01T00:01:00Z", "2026-01-01T00:15"],
    ["30 6 * * MON-FRI", "2026-01-02T12:00:00Z", "2026-01-05T06:30"],
    ["0 0 1 JAN *", "2026-01-01T00:00:00Z", "2027-01-01T00:00"],
    ["0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00"],
    ["0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00"],
    ["10-20/5,50 3 * * *", "2026-01-01T03:12:00Z", "2026-01-01T03:15"],
    ["0 0 13 * 5", "2026-01-03T00:00:00Z", "2026-01-09T00:00"],
  ])("%s after %s is %s", (expression, after, expected) => {
    expect(next(expression, after)).toBe(expected);
  });

  it("never comes on 30 February", () => {
    expect(next("0 0 30 2 *", "2026-01-01T00:00:00Z")).toBeUndefined();
  });

  it.each([
    ["Asia/Tokyo", "0 9 * * *", "2026-01-01T00:00:00Z", "2026-01-02T00:00"],
    ["America/New_York", "0 9 * * *", "2026-03-07T15:00:00Z", "2026-03-08T13:00"],
    // 02:30 does not exist on the day on which the clocks go forward.
    ["America/New_York", "30 2 * * *", "2026-03-07T08:00:00Z", "2026-03-09T06:30"],
    // 01:30 comes twice on the day on which they go back.
    ["America/New_York", "30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-01T05:30"],
    ["America/New_York", "30 1 * * *", "2026-11-01T05:30:00Z", "2026-11-02T06:30"],
    ["Pacific/Kiritimati", "0 0 * * *", "2026-01-01T00:00:00Z", "2026-01-01T10:00"],
  ])("in %s, %s after %s is %s UTC", (zone, expression, after, expected) => {
    expect(next(expression, after, zone)).toBe(expected);
  });
});

it.each(["", "* * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "5-1 * * * *", "*/0 * * * *", "a * * * *", "1-2-3 * * * *", "* * * * * *", "-1 * * * *"])(
  "'%s' is no cron expression",
  (expression) => {
    expect(parseCron(expression)).toBeUndefined();
  },
);

describe("whatever the expression", () => {
  const field = (least: number, most: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant("*"),
      fc.integer({ min: least, max: most }).map(String),
      fc.tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most })).map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
      fc.integer({ min: 1, max: 20 }).map((step) => `*/${step}`),
    );
  const expressions = fc.tuple(field(0, 59), field(0, 23), field(1, 28), fc.constant("*"), field(0, 6)).map((fields) => fields.join(" "));
  const times = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });

  it("the next time is the first minute that matches, as found by looking at every minute", () => {
    fc.assert(
      fc.property(expressions, times, (expression, after) => {
        const cron = parseCron(expression)!;
        const found = nextTime(cron, after)!;
        let minute = Math.floor(after / 60_000) * 60_000 + 60_000;
        const limit = minute + 3 * 86_400_000;
        while (minute < limit && !matches(cron, minute)) minute += 60_000;
        if (minute < limit) expect(found).toBe(minute);
        else expect(found).toBeGreaterThanOrEqual(limit);
      }),
    );
  });

  it("times go on and on, each later than the one before, in zones that change their clocks too", () => {
    fc.assert(
      fc.property(expressions, times, fc.constantFrom("Europe/Berlin", "America/New_York", "Australia/Lord_Howe"), (expression, after, zone) => {
        let time = after;
        for (let i = 0; i < 3; i++) {
          const following = nextTime(parseCron(expression)!, time, zone)!;
          expect(following).toBeGreaterThan(time);
          time = following;
        }
      }),
      { numRuns: 50 },
    );
  });
});

function matches(cron: Cron, time: number): boolean {
  const date = new Date(time);
  const [inMonth, inWeek] = [cron.days.has(date.getUTCDate()), cron.weekdays.has(date.getUTCDay())];
  return cron.minutes.has(date.getUTCMinutes()) && cron.hours.has(date.getUTCHours()) && cron.months.has(date.getUTCMonth() + 1) && (cron.eitherDay ? inMonth || inWeek : inMonth && inWeek);
}
