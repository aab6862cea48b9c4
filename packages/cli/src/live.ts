/** A list at a terminal's foot that changes in place, while lines above it scroll as ever. */
import { fit, visible } from "./text.js";

export interface Foot {
  /** Prints a line above the foot, for good. */
  print(line: string): void;
  /** What the foot says from now on. */
  set(rows: readonly string[]): void;
}

interface Terminal {
  readonly columns: number;
  readonly rows: number;
  write(text: string): unknown;
}

export function foot(terminal: Terminal): Foot {
  let shown: readonly string[] = [];
  let wanted: readonly string[] = [];
  const draw = (printed: readonly string[]): void => {
    const next = fitting(wanted, terminal);
    if (printed.length === 0 && next.length === shown.length && next.every((row, at) => row === shown[at])) return;
    terminal.write(redraw(shown, printed, next, terminal.columns));
    shown = next;
  };
  return {
    print: (line) => draw(line.split("\n")),
    set(rows) {
      wanted = rows;
      draw([]);
    },
  };
}

/** The rows that a terminal has room for, each cut to its width; the last one says how many are left out. */
export function fitting(rows: readonly string[], { columns, rows: height }: Pick<Terminal, "columns" | "rows">): readonly string[] {
  const most = Math.max(1, height - 2);
  const shown = rows.length <= most ? rows : [...rows.slice(0, most - 1), `  and ${rows.length - most + 1} more`];
  // A row that fills its line to the end would leave the cursor in doubt.
  return shown.map((row) => fit(row, columns - 1));
}

/**
 * What to write to replace the foot that is shown: each line is written over the one that was there, and only what is left is erased, so
 * that nothing flickers.
 */
export function redraw(shown: readonly string[], printed: readonly string[], next: readonly string[], columns: number): string {
  // A terminal that became narrower meanwhile has broken the rows.
  const height = shown.reduce((sum, row) => sum + Math.max(1, Math.ceil(visible(row) / columns)), 0);
  const up = height === 0 ? "" : `\u001b[${height}A\r`;
  return `${up}${[...printed, ...next].map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`;
}
