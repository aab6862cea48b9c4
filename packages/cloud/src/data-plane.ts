/** The data plane that the options ask for, with what only this process can add to it. */
import type { Server } from "node:net";
import { createLinuxDataPlane, createPaperDataPlane, enterSandbox } from "@hakoniwa/dataplane";
import type { DataPlane, ExecIo, ExecResult } from "@hakoniwa/network";
import type { Base } from "./base.js";
import type { DataDirectory } from "./data-directory.js";
import type { Options } from "./options.js";

export interface RunningDataPlane {
  readonly dataPlane: DataPlane;
  /** Runs a command as a machine on the box's internet. */
  internet(command: readonly string[], io: ExecIo): Promise<ExecResult>;
}

export interface SiteSockets {
  readonly http: Server;
  readonly https: Server;
}

/** @param onFailure is told when it can't go on */
export async function startDataPlane(options: Options, directory: DataDirectory, base: Base, sockets: SiteSockets, onFailure: (error: Error) => void): Promise<RunningDataPlane> {
  if (options.dataplane === "paper") {
    return {
      dataPlane: createPaperDataPlane({ clock: base.clocks.cloud }),
      internet: () => Promise.reject(new Error("the paper data plane has no internet: start with --dataplane linux to send packets")),
    };
  }
  const linux = await createLinuxDataPlane({
    dataDir: directory.path,
    uidMode: enterSandbox(),
    siteSockets: sockets,
    timeScale: options.timeScale,
    log: base.log,
    onFailure,
  });
  return { dataPlane: linux, internet: (command, io) => linux.internet(command, io) };
}
