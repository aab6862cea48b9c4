/** outbox: the emails and text messages that the cloud "sent". None leaves this machine, so here they are read. */
import { control, dataDirectory, type Options } from "@hakoniwa/cloud/client";
import { bold, dim, optionsOf, type Given } from "../say.js";
import { apiOf } from "./cloud.js";

export interface Letter {
  readonly id: string;
  /** Milliseconds since 1970, by the cloud's clock. */
  readonly at: number;
  readonly protocol: string;
  readonly to: string;
  readonly subject?: string;
  readonly body: string;
}

/** Milliseconds between looks for new ones. */
const LOOK_EVERY = 500;

export async function outbox(given: Given): Promise<void> {
  const options = optionsOf(given);
  const running = (await control<{ options: Options }>(dataDirectory(options.dataDir).controlSocket, { do: "status" })).options;
  const told = new Set<string>();
  for (;;) {
    const letters = await read(running);
    for (const letter of letters.filter(({ id }) => !told.has(id))) {
      told.add(letter.id);
      console.log(given.json ? JSON.stringify(letter) : linesOf(letter, apiOf(running)).join("\n"));
    }
    if (!given.follow) {
      if (letters.length === 0 && !given.json) console.log("nothing was sent yet: subscribe an address to a topic, and publish to it");
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

async function read(options: Options): Promise<readonly Letter[]> {
  const answer = await fetch(`${apiOf(options)}/_hakoniwa/outbox`);
  if (!answer.ok) throw new Error(`the outbox could not be read: HTTP ${answer.status}`);
  return ((await answer.json()) as { readonly outbox: readonly Letter[] }).outbox;
}

/** As a mail program shows it. Its links lead to AWS's names, which are this cloud's address here. */
export function linesOf({ at, protocol, to, subject, body }: Letter, api: string): readonly string[] {
  const time = new Date(at).toISOString().slice(0, 19).replace("T", " ");
  const text = readable(body).replace(/https:\/\/(?:sns|acm)\.[a-z0-9-]+\.amazonaws\.com\//g, `${api}/`);
  return [
    `${bold(time)}  ${protocol} to ${bold(readable(to))}`,
    ...(subject === undefined || protocol === "sms" ? [] : [`  ${dim("Subject:")} ${readable(subject)}`]),
    ...text.trimEnd().split("\n").map((line) => `  ${line}`.trimEnd()),
    "",
  ];
}

/** Without what a terminal would obey: anybody may have written it. */
function readable(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  return text.replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\uFFFD");
}
