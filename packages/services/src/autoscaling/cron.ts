/**
 * Unix cron expressions of five fields, in a time zone: https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html#scheduled-scaling-cron-expressions.
 * Pure. A local time that a clock change leaves out is skipped; one that comes twice counts once, the first time.
 */

export interface Cron {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** With both days and weekdays restricted, either may match, as cron has always had it. */
  readonly eitherDay: boolean;
}

const MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];
const DAY = 86_400_000;
const MINUTE = 60_000;
/** From one 29 February to the next but one, over a century that has none. */
const MOST_DAYS = 366 * 9;

/** Undefined when it is no cron expression. */
export function parseCron(expression: string): Cron | undefined {
  const fields = expression.trim().split(/\s+/);
  if (fields.length !== 5) return undefined;
  const [minute, hour, day, month, weekday] = fields as [string, string, string, string, string];
  const minutes = parseField(minute, 0, 59);
  const hours = parseField(hour, 0, 23);
  const days = parseField(day, 1, 31);
  const months = parseField(month, 1, 12, MONTHS, 1);
  const weekdays = parseField(weekday, 0, 7, WEEKDAYS, 0);
  if (!minutes || !hours || !days || !months || !weekdays) return undefined;
  if (weekdays.delete(7)) weekdays.add(0);
  return { minutes, hours, days, months, weekdays, eitherDay: !day.startsWith("*") && !weekday.startsWith("*") };
}

function parseField(text: string, least: number, most: number, names: readonly string[] = [], firstName = 0): Set<number> | undefined {
  const values = new Set<number>();
  for (const part of text.split(",")) {
    const [, range = "", step] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(part) ?? [];
    const [from, to] = range === "*" ? [least, most] : boundsOf(range, step !== undefined, most, names, firstName);
    const stride = step === undefined ? 1 : Number(step);
    if (from === undefined || to === undefined || from < least || to > most || from > to || stride < 1) return undefined;
    for (let value = from; value <= to; value += stride) values.add(value);
  }
  return values;
}

function boundsOf(range: string, stepped: boolean, most: number, names: readonly string[], firstName: number): readonly [number | undefined, number | undefined] {
  const value = (text: string): number | undefined => {
    if (/^\d{1,2}$/.test(text)) return Number(text);
    const index = names.indexOf(text.toUpperCase());
    return index < 0 ? undefined : index + firstName;
  };
  const [first = "", last, ...more] = range.split("-");
  if (more.length > 0) return [undefined, undefined];
  const from = value(first);
  if (last !== undefined) return [from, value(last)];
  return [from, stepped ? most : from];
}

/** The first time after `after` that matches; undefined when none ever does (30 February). Milliseconds. */
export function nextTime(cron: Cron, after: number, timeZone = "UTC"): number | undefined {
  const local = localClock(timeZone);
  const start = Math.floor(local(after) / DAY) * DAY;
  // Clock changes move a local day by some hours: the day before may still have times to come.
  for (let day = start - DAY, count = 0; count < MOST_DAYS; day += DAY, count++) {
    if (!isDay(cron, day)) continue;
    for (const minuteOfDay of minutesOf(cron)) {
      const time = instantOf(local, day + minuteOfDay * MINUTE);
      if (time !== undefined && time > after) return time;
    }
  }
  return undefined;
}

function isDay(cron: Cron, day: number): boolean {
  const date = new Date(day);
  if (!cron.months.has(date.getUTCMonth() + 1)) return false;
  const [inMonth, inWeek] = [cron.days.has(date.getUTCDate()), cron.weekdays.has(date.getUTCDay())];
  return cron.eitherDay ? inMonth || inWeek : inMonth && inWeek;
}

function minutesOf(cron: Cron): readonly number[] {
  return [...cron.hours].sort((a, b) => a - b).flatMap((hour) => [...cron.minutes].sort((a, b) => a - b).map((minute) => hour * 60 + minute));
}

type LocalClock = (time: number) => number;

/** What a zone's clocks show at a moment, as milliseconds of a day and year that know no zone. */
function localClock(timeZone: string): LocalClock {
  if (timeZone === "UTC") return (time) => time;
  const format = new Intl.DateTimeFormat("en-US", { timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" });
  return (time) => {
    const parts = Object.fromEntries(format.formatToParts(time).map(({ type, value }) => [type, Number(value)]));
    return Date.UTC(parts["year"]!, parts["month"]! - 1, parts["day"], parts["hour"], parts["minute"], parts["second"]);
  };
}

/** The first moment at which the clocks show `shown`; undefined when they never do. */
function instantOf(local: LocalClock, shown: number): number | undefined {
  const candidates = [shown - DAY, shown + DAY].map((time) => shown - (local(time) - time)).sort((a, b) => a - b);
  return candidates.find((time) => local(time) === shown);
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
