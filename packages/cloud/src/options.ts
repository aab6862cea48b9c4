/** What a running cloud can be told, by option or environment variable. */
import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

export interface Options {
  readonly dataDir: string;
  /** The API, on 127.0.0.1. */
  readonly port: number;
  /** The sites, on 127.0.0.1. */
  readonly httpPort: number;
  readonly httpsPort: number;
  readonly region: string;
  readonly account: string;
  readonly dataplane: "linux" | "paper";
  /** Seconds of cloud time in one real second. */
  readonly timeScale: number;
  readonly auth: "strict" | "open";
  readonly durability: "process" | "power";
  readonly allowReset: boolean;
}

/** A wrong option: the message names it, its value, and what would be right. */
export class OptionError extends Error {
  override readonly name = "OptionError";
}

interface OptionDefinition {
  readonly flag: string;
  readonly variable: string;
  readonly value: string | undefined;
  readonly help: string;
}

/** Every option with its variable, for `--help` and for reading both. */
export const OPTIONS = {
  dataDir: { flag: "--data-dir", variable: "HAKONIWA_DATA_DIR", value: "DIR", help: "where everything is kept (default ~/.hakoniwa)" },
  port: { flag: "--port", variable: "HAKONIWA_PORT", value: "PORT", help: "the API on 127.0.0.1 (default 4566)" },
  httpPort: { flag: "--http-port", variable: "HAKONIWA_HTTP_PORT", value: "PORT", help: "the sites over HTTP on 127.0.0.1 (default 8080)" },
  httpsPort: { flag: "--https-port", variable: "HAKONIWA_HTTPS_PORT", value: "PORT", help: "the sites over HTTPS on 127.0.0.1 (default 8443)" },
  region: { flag: "--region", variable: "HAKONIWA_REGION", value: "REGION", help: "the region of commands that name none (default ap-northeast-1)" },
  dataplane: { flag: "--dataplane", variable: "HAKONIWA_DATAPLANE", value: "linux|paper", help: "real packets in the kernel, or a twin without them (default linux)" },
  timeScale: { flag: "--time-scale", variable: "HAKONIWA_TIME_SCALE", value: "N", help: "seconds of cloud time in one real second (default 1)" },
  auth: { flag: "--auth", variable: "HAKONIWA_AUTH", value: "strict|open", help: "check signatures, or accept any key as admin (default strict)" },
  durability: { flag: "--durability", variable: "HAKONIWA_DURABILITY", value: "process|power", help: "survive a killed process, or a power cut too (default process)" },
  allowReset: { flag: "--allow-reset", variable: "HAKONIWA_ALLOW_RESET", value: undefined, help: "let POST /_hakoniwa/reset empty the cloud" },
} as const satisfies Record<string, OptionDefinition>;

export type OptionName = keyof typeof OPTIONS;

/** The regions that we have: those of EC2, whose code a command need not load. */
export const REGIONS: readonly string[] =
  "ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-southeast-1 ap-southeast-2 ca-central-1 eu-central-1 eu-north-1 eu-west-1 eu-west-2 eu-west-3 sa-east-1 us-east-1 us-east-2 us-west-1 us-west-2".split(" ");

/**
 * Reads the options that were given, else their variables, else the defaults.
 * @throws OptionError for the first wrong one
 */
export function readOptions(given: Partial<Record<OptionName, string | boolean>>, env: NodeJS.ProcessEnv): Options {
  const text = (name: OptionName): string | undefined => {
    const value = given[name] ?? env[OPTIONS[name].variable];
    return value === undefined || value === "" ? undefined : String(value);
  };
  const port = (name: OptionName, fallback: number): number => {
    const value = text(name);
    if (value === undefined) return fallback;
    if (!/^\d{1,5}$/.test(value) || Number(value) < 1 || Number(value) > 65_535) throw wrong(name, value, "a port from 1 to 65535");
    return Number(value);
  };
  const choice = <T extends string>(name: OptionName, allowed: readonly T[], fallback: T): T => {
    const value = text(name);
    if (value === undefined) return fallback;
    if (!(allowed as readonly string[]).includes(value)) throw wrong(name, value, allowed.join(" or "));
    return value as T;
  };
  const scale = text("timeScale") ?? "1";
  if (!/^\d+(\.\d+)?$/.test(scale) || Number(scale) <= 0 || Number(scale) > 10_000) throw wrong("timeScale", scale, "a number above 0, at most 10000");
  const options: Options = {
    dataDir: resolve(text("dataDir") ?? join(home(), ".hakoniwa")),
    port: port("port", 4566),
    httpPort: port("httpPort", 8080),
    httpsPort: port("httpsPort", 8443),
    region: choice("region", REGIONS, "ap-northeast-1"),
    account: "123456789012",
    dataplane: choice("dataplane", ["linux", "paper"], "linux"),
    timeScale: Number(scale),
    auth: choice("auth", ["strict", "open"], "strict"),
    durability: choice("durability", ["process", "power"], "process"),
    allowReset: isOn(text("allowReset")),
  };
  const ports = [options.port, options.httpPort, options.httpsPort];
  if (new Set(ports).size < ports.length) throw new OptionError(`the ports of the API and the sites must differ, but they are ${ports.join(", ")}`);
  return options;
}

/** Whether a variable switches something on: any value does but `0` and `false`. */
export function isOn(value: string | undefined): boolean {
  return value !== undefined && value !== "" && value !== "false" && value !== "0";
}

/** A user without an account has none, as in containers. */
function home(): string {
  let path = "";
  try {
    path = homedir();
  } catch {
    // No account, and no HOME either.
  }
  if (isAbsolute(path)) return path;
  throw new OptionError(`there is no home directory to keep the cloud in (HOME is "${path}"): choose a directory with ${OPTIONS.dataDir.flag} or ${OPTIONS.dataDir.variable}`);
}

function wrong(name: OptionName, value: string, expected: string): OptionError {
  return new OptionError(`${OPTIONS[name].flag} (${OPTIONS[name].variable}) is "${value}", but must be ${expected}`);
}
