/** A page of docs/walkthroughs: its fenced `console` blocks are what one types and sees. */
import { readFileSync } from "node:fs";

export interface Step {
  /** As typed, without its prompt; may have several lines. */
  readonly command: string;
  /** What the page shows below it. */
  readonly shown: readonly string[];
  /** Where the command stands, for messages. */
  readonly line: number;
}

export function stepsOf(path: string): readonly Step[] {
  return parsePage(readFileSync(path, "utf8"));
}

/** A command begins with `$ `, and goes on in the next line after a backslash, or up to the word that ends its here-document. What follows is shown, up to the next command or the block's end. */
export function parsePage(text: string): readonly Step[] {
  const steps: { command: string; shown: string[]; line: number }[] = [];
  let inBlock = false;
  for (const [at, line] of text.split("\n").entries()) {
    if (line.startsWith("```")) {
      inBlock = !inBlock && line === "```console";
      if (inBlock) steps.push({ command: "", shown: [], line: at + 1 });
      continue;
    }
    if (!inBlock) continue;
    const last = steps.at(-1)!;
    if (line.startsWith("$ ") && !isOpen(last.command)) steps.push({ command: line.slice(2), shown: [], line: at + 1 });
    else if (isOpen(last.command)) last.command += `\n${line}`;
    else if (last.command === "") throw new Error(`line ${at + 1} shows an output before any command`);
    else last.shown.push(line);
  }
  return steps.filter(({ command }) => command !== "");
}

function isOpen(command: string): boolean {
  const [, word] = /<<'(\w+)'/.exec(command) ?? [];
  return word === undefined ? command.endsWith("\\") : !command.endsWith(`\n${word}`);
}

/** The headings, by their levels: what two languages of a page have in common. */
export function levelsOf(text: string): readonly number[] {
  return outsideBlocks(text).flatMap((line) => /^(#+) /.exec(line)?.[1]?.length ?? []);
}

/** The lines of every block of code, comments aside. */
export function codeOf(text: string): readonly string[] {
  let inBlock = false;
  return text.split("\n").flatMap((line) => {
    const isFence = line.startsWith("```");
    if (isFence) inBlock = !inBlock;
    return !isFence && (inBlock || line.startsWith("    ")) ? [line.replace(/ +#.*$/, "").trimEnd()] : [];
  });
}

/** Where its links lead to. */
export function linksOf(text: string): readonly string[] {
  return outsideBlocks(text).flatMap((line) => [...line.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!));
}

function outsideBlocks(text: string): readonly string[] {
  let inBlock = false;
  return text.split("\n").filter((line) => {
    if (line.startsWith("```")) inBlock = !inBlock;
    return !inBlock && !line.startsWith("```");
  });
}
