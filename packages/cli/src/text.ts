/** Text on a terminal: how wide it is, and what fits. */

/** https://no-color.org: any value that is not empty. */
export const colored = process.stdout.isTTY && !process.env.NO_COLOR && process.env.TERM !== "dumb";

// eslint-disable-next-line no-control-regex
const COLOUR = /\u001b\[\d+m/g;
/** Letters that take two columns: those of East Asia, and pictures. */
const WIDE = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}]/u;

/** In columns; colours take no room. */
export function visible(text: string): number {
  return widthOf(text.replace(COLOUR, ""));
}

function widthOf(text: string): number {
  let width = 0;
  for (const letter of text) width += WIDE.test(letter) ? 2 : 1;
  return width;
}

/** As much of the text as `columns` hold, with … where something is left out. Colours go on counting nothing, and end. */
export function fit(text: string, columns: number): string {
  if (visible(text) <= columns) return text;
  let out = "";
  let left = columns - 1;
  // eslint-disable-next-line no-control-regex
  for (const part of text.split(/(\u001b\[\d+m)/)) {
    if (part.startsWith("\u001b[")) out += part;
    else {
      for (const letter of part) {
        left -= widthOf(letter);
        if (left >= 0) out += letter;
      }
    }
  }
  return columns < 1 ? "" : `${out}…`;
}

/** Terminals take what others wrote for commands: control characters of names and reasons are shown, not shown. */
export function printable(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, (letter) => {
    const code = letter.charCodeAt(0).toString(16).padStart(2, "0");
    return code.length === 2 ? `\\x${code}` : `\\u${code}`;
  });
}

/**
 * What is printed, whoever wrote it: colours are taken, everything else that a terminal would obey is shown. So are letters that turn
 * around what is read.
 */
export function shown(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  return text.split(/(\u001b\[[\d;]*m)/).map((part, at) => (at % 2 === 1 ? part : printable(part))).join("");
}
