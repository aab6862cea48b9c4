/** trace: would this packet arrive, and why not? Asked of the network as it is described, without sending anything. */
import { control, dataDirectory, type Stage, type ToldEnd, type ToldHop, type TraceAnswer } from "@hakoniwa/cloud/client";
import { columns, bold, dim, explain, green, optionsOf, print, red, UserError, type Given } from "../say.js";

export interface TraceGiven extends Given {
  readonly port?: string;
  readonly protocol: string;
}

/** Ends with exit code 0 when the packet and its answer arrive, 1 when not, 2 when the question can't be answered. */
export async function trace(source: string, destination: string, given: TraceGiven): Promise<void> {
  try {
    // The cloud's own --port is another.
    const { port: _packets, ...cloud } = given;
    const options = optionsOf(cloud);
    const question = { source, destination, protocol: given.protocol, port: portOf(given) };
    const answer = await control<TraceAnswer>(dataDirectory(options.dataDir).controlSocket, { do: "trace", question });
    if (given.json) console.log(JSON.stringify(answer));
    else print(lines(answer).join("\n"));
    process.exitCode = answer.reachable ? 0 : 1;
  } catch (error) {
    explain(error, given.json);
    process.exitCode = 2;
  }
}

/** What most people ask about is a web server. */
function portOf({ port, protocol }: TraceGiven): number | undefined {
  if (port === undefined) return protocol === "tcp" ? 80 : undefined;
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new UserError(`--port is "${port}", but must be a port from 0 to 65535`);
  return Number(port);
}

function lines(answer: TraceAnswer): readonly string[] {
  const { source, destination, traffic, stages, explanation, notes } = answer;
  return [
    `${ended(source)} → ${ended(destination)}, ${traffic}`,
    ...stages.flatMap((stage) => staged(stage, stages.length > 1)),
    "",
    ...(explanation ? [`${red("✗")} ${bold("not reachable")}: ${explanation.text}`, `  ${dim(`${explanation.code}, ${explanation.component}`)}`] : [verdict(answer)]),
    ...notes.map((note) => `  ${note}`),
  ];
}

function verdict({ reachable }: TraceAnswer): string {
  return reachable ? `${green("✓")} ${bold("reachable")}, and the answer finds its way back` : `${red("✗")} ${bold("not reachable")}: it is handed on in a circle`;
}

function ended({ given, networkInterface, name, address }: ToldEnd): string {
  const who = name ?? given;
  const details = [networkInterface, address].filter((detail) => detail !== undefined && detail !== who);
  return details.length === 0 ? bold(who) : `${bold(who)} (${details.join(", ")})`;
}

function staged({ packet, handedOnBy, hops }: Stage, isOneOfMany: boolean): readonly string[] {
  const by = handedOnBy === "internet" ? "the internet hands it on" : `${handedOnBy} hands it on, if it forwards and masquerades as a NAT instance does`;
  return [
    ...(handedOnBy === undefined ? [] : ["", by]),
    ...(isOneOfMany ? [dim(`from ${packet.source} to ${packet.destination}`)] : []),
    "",
    ...columns(hops.map((hop, at) => row(hop, hop.way !== hops[at - 1]?.way))),
  ];
}

function row({ way, component, kind, name, rule }: ToldHop, isFirst: boolean): readonly string[] {
  return [isFirst ? way.padEnd(5) : "     ", kind, component, name ?? "", dim(rule)];
}
