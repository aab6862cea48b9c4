/** The data plane that the options ask for, with what only this process can add to it. */
import { createLinuxDataPlane, createPaperDataPlane, enterSandbox, postOnThisMachine } from "@hakoniwa/dataplane";
import type { CertificateAuthority, DataPlane, ExecIo, ExecResult, OutgoingAnswer, OutgoingRequest } from "@hakoniwa/network";
import type { Base } from "./base.js";
import { lateAuthority, openAuthority } from "./certificate-authority.js";
import type { DataDirectory } from "./data-directory.js";
import type { SiteSockets } from "./host-sockets.js";
import { createInsideApi, type EndpointAt } from "./inside-api.js";
import type { Options } from "./options.js";

export interface RunningDataPlane {
  readonly dataPlane: DataPlane;
  /** What instances believe, and ACM issues by. */
  readonly authority: CertificateAuthority;
  /** Runs a command as a machine on the box's internet. */
  internet(command: readonly string[], io: ExecIo): Promise<ExecResult>;
}

/**
 * @param sites the host's listening sockets, asked again when they are gone
 * @param endpointAt answers the AWS API to machines inside
 * @param hostPost sends a request on the host, to its own loopback
 * @param onFailure is told when it can't go on
 */
export async function startDataPlane(
  options: Options,
  directory: DataDirectory,
  base: Base,
  sites: () => Promise<SiteSockets>,
  endpointAt: EndpointAt,
  hostPost: (request: OutgoingRequest) => Promise<OutgoingAnswer>,
  onFailure: (error: Error) => void,
): Promise<RunningDataPlane> {
  const open = () => openAuthority(directory, () => base.clocks.peer.now());
  if (options.dataplane === "paper") {
    return {
      authority: lateAuthority(open),
      dataPlane: createPaperDataPlane({ clock: base.clocks.cloud, post: postOnThisMachine }),
      internet: () => Promise.reject(new Error("the paper data plane has no internet: start with --dataplane linux to send packets")),
    };
  }
  const uidMode = enterSandbox();
  const authority = await open();
  const linux = await createLinuxDataPlane({
    dataDir: directory.path,
    uidMode,
    api: createInsideApi(authority, endpointAt),
    siteSockets: sites,
    timeScale: options.timeScale,
    log: base.log,
    hostPost,
    onFailure,
  });
  return { dataPlane: linux, authority, internet: (command, io) => linux.internet(command, io) };
}
