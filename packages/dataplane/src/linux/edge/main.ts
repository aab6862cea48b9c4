/** The edge's process: its listening sockets belong to the host, its connections to the namespace that it runs in. */
import net from "node:net";
import { networkInterfaces } from "node:os";
import { createEdge } from "./edge.js";
import type { FromEdge, ToEdge } from "./messages.js";

/** The box's own address on its internet, which balancers and instances then see as the client's. */
const OWN_ADDRESS = "203.0.113.10";

const available = Object.values(networkInterfaces()).some((addresses) => addresses?.some(({ address }) => address === OWN_ADDRESS) === true);
const edge = createEdge({ localAddress: available ? OWN_ADDRESS : undefined });

process.on("disconnect", () => process.exit(0));
process.on("message", (message: ToEdge, handle: unknown) => {
  if (message.kind === "sites") {
    edge.setSites({ sites: new Map(message.sites), defaultSite: message.defaultSite });
  } else if (message.kind === "listen" && handle instanceof net.Server) {
    handle.on("connection", (socket) => edge.accept(socket, message.protocol));
    const listening: FromEdge = { kind: "listening", protocol: message.protocol };
    process.send?.(listening, undefined, undefined, () => undefined);
  } else if (message.kind === "connection" && handle instanceof net.Socket) {
    edge.accept(handle, message.protocol);
    handle.resume();
  }
});
process.send?.({ kind: "booted" } satisfies FromEdge);
