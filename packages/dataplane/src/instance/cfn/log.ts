/** The logs of cfn-init, where AWS's has them and as AWS's writes them. */
import { appendFileSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";

export type Level = "DEBUG" | "INFO" | "WARNING" | "ERROR";

export interface Log {
  (level: Level, text: string): void;
}

/** @param mark stands before each line's level, such as `P1234` */
export function openLog(path: string, mark = ""): Log {
  mkdirSync(dirname(path), { recursive: true });
  return (level, text) => {
    const now = new Date().toISOString().replace("T", " ").replace("Z", "").replace(".", ",");
    for (const line of text.split("\n")) appendFileSync(path, `${now} ${mark === "" ? "" : `${mark} `}[${level}] ${line}\n`);
  };
}

export const RULE = "-".repeat(23);
