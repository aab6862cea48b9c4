/** The data plane in the kernel: puts its ports together. Runs in a sandbox, as the process that `enterSandbox` was called in. */
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DataPlane, ExecIo, ExecResult, OutgoingAnswer, OutgoingRequest, Vpc } from "@hakoniwa/network";
import { AccessNotes } from "../access-notes.js";
import { httpPost, isLoopback } from "../http-post.js";
import { ApiDoors } from "./api/doors.js";
import type { InsideApi } from "./api/inside-api.js";
import { startAttendant } from "./attendant/attendant.js";
import { residentsOf } from "./attendant/residents.js";
import { createNames } from "./attendant/names.js";
import { createDisks } from "./disks/disks.js";
import { GatewayDoors } from "./api/gateway-doors.js";
import type { EdgeSockets } from "./edge/start.js";
import { Consoles } from "./hosts/console.js";
import { execIn, runWith } from "./hosts/exec.js";
import { resolverAddress } from "./hosts/seed.js";
import { prepareBays } from "./hosts/volume-bay.js";
import { usageOf } from "./hosts/usage.js";
import { createWorkloads } from "./hosts/workloads.js";
import { asset } from "./images/assets.js";
import { buildBase } from "./images/base.js";
import { createFlowReader } from "./network/flow-reader.js";
import { setupInternet } from "./network/internet.js";
import { createNetworks } from "./network/networks.js";
import { expose, STAGE } from "./sandbox/enter.js";
import type { UidMode } from "./sandbox/uid-map.js";
import { keepEdge } from "./sites.js";

export interface LinuxDataPlaneOptions {
  /** Absolute path of a directory that is ours; disks, snapshots and console output are kept in it. */
  readonly dataDir: string;
  /** What `enterSandbox` returned. */
  readonly uidMode: UidMode;
  /** Listening sockets of the host, by way of the sandbox's IPC channel. They are handed over; asked again when they are gone. */
  readonly siteSockets?: () => Promise<EdgeSockets>;
  /** Seconds of cloud time in a real second. @default 1 */
  readonly timeScale?: number;
  /** Who answers the AWS API to machines inside. Without one, nobody does, and there can be no VPC endpoints. */
  readonly api?: InsideApi;
  /** For people: what went wrong beside any call. */
  readonly log: (line: string) => void;
  /** Sends an HTTP request from the host, to its own loopback. Without one, the cloud's own requests stay in the box. */
  readonly hostPost?: (request: OutgoingRequest) => Promise<OutgoingAnswer>;
  /** Told when it can't go on: the host has no sockets for its sites any more. */
  readonly onFailure?: (error: Error) => void;
}

export interface LinuxDataPlane extends DataPlane {
  /** Runs a command as a machine on the box's internet. */
  internet(command: readonly string[], io: ExecIo): Promise<ExecResult>;
}

/**
 * Makes this process's network namespace the box's internet and serves the ports of a data plane.
 * @throws Error naming what the kernel or the file system refused
 */
export async function createLinuxDataPlane(options: LinuxDataPlaneOptions): Promise<LinuxDataPlane> {
  const { dataDir, uidMode, log } = options;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const attendant = startAttendant(log, (instance, event) => workloads.heed(instance, event));
  // First, because it refuses disks that this user can't act for.
  const disks = await createDisks(dataDir, uidMode);
  const [base] = await Promise.all([buildBase(join(dataDir, "images"), uidMode, options.api?.trusted), setupInternet()]);
  prepareStage(base, disks.directory);
  await attendant.serveInternet();
  const doors = options.api && new ApiDoors(options.api);
  await doors?.openInternet();

  const models = new Map<string, Vpc>();
  const networks = createNetworks();
  const flows = createFlowReader((vpc) => networks.logged(vpc));
  const accessNotes = new AccessNotes(Date.now, options.timeScale);
  const names = createNames(attendant);
  const consoles = new Consoles(dataDir);
  const onFailure = options.onFailure ?? ((error) => log(error.message));
  const endEdge = options.siteSockets && (await keepEdge(names, { sockets: options.siteSockets, log, onFailure }));

  /** Opens the VPC's metadata and DNS sockets once its router is there, and tells who is who in it. */
  async function serve(id: string): Promise<void> {
    const namespace = networks.routerNamespace(id);
    const vpc = models.get(id);
    if (namespace !== undefined && vpc !== undefined) {
      const resolver = vpc.dnsSupport ? resolverAddress(vpc) : undefined;
      await attendant.setNetwork(id, { namespace, resolver, residents: residentsOf(vpc) });
    }
  }
  const gatewayDoors = doors && new GatewayDoors(doors, networks);

  const workloads = createWorkloads({
    mode: uidMode,
    log,
    timeScale: options.timeScale ?? 1,
    disks,
    consoles,
    accessNotes,
    doors,
    vpc: (id) => models.get(id),
    async plug(workload, namespace, interfaces) {
      await networks.plug(workload, namespace, interfaces);
      const vpc = [...models.values()].find((model) => interfaces.some((id) => model.interfaces.has(id)));
      // User data may ask for metadata at once.
      await (vpc && serve(vpc.id));
    },
    unplug: (workload) => networks.unplug(workload),
    admit: (id, instance) => attendant.setSsh(id, instance),
    register(id, spec) {
      networks.setHopLimit(id, spec?.metadataOptions.hopLimit);
      attendant.setInstance(id, spec && { metadata: spec.metadata, options: spec.metadataOptions, userData: spec.userData });
    },
  });

  /** Where a name leads on the box's internet, which this process's own network is. */
  const publicAddress = (host: string): string | undefined => names.observe(host)?.addresses[0];

  return {
    networks: {
      async ensure(id, vpc) {
        models.set(id, vpc);
        try {
          await networks.ensure(id, vpc);
        } finally {
          await Promise.all([serve(id), gatewayDoors?.keep(vpc)]);
        }
      },
      async remove(id) {
        models.delete(id);
        await attendant.setNetwork(id, undefined);
        gatewayDoors?.leave(id);
        await networks.remove(id);
        flows.forget(id);
      },
      observe: (id) => networks.observe(id),
      keys: () => networks.keys(),
      watch: (changed) => networks.watch(changed),
    },
    workloads,
    names,
    disks,
    flows,
    accessLogs: accessNotes,
    async exec(workload, command, io) {
      const running = workloads.running(workload);
      if (running === undefined) {
        throw new Error(`${workload} does not run`);
      }
      return execIn({ ...running, mode: uidMode }, command, io);
    },
    internet: async (command, io) => runWith(command, io),
    console: async (workload) => consoles.read(workload),
    usage(workload) {
      const running = workloads.running(workload);
      return running && usageOf(running.pid);
    },
    async post(request) {
      if (!isLoopback(request.url)) return httpPost(request, (host) => publicAddress(host));
      if (!options.hostPost) throw new Error("nobody sends requests on the host");
      return options.hostPost(request);
    },
    async close() {
      await endEdge?.();
      doors?.closeAll();
      await workloads.close();
      await attendant.close();
      await flows.close();
      await networks.close();
    },
  };
}

/** What instances mount from and start with, at paths that their root may pass. */
function prepareStage(base: string, disks: string): void {
  expose(base, "base", { readOnly: true });
  expose(disks, "disks", { readOnly: false });
  expose(process.execPath, "node", { readOnly: true });
  // A shell keeps its script open: through that, an instance of the same user as ours (one-uid mode) must not be able to write it.
  copyFileSync(asset("instance/init"), join(STAGE, "init.source"));
  expose(join(STAGE, "init.source"), "init", { readOnly: true });
  prepareBays();
  for (const directory of ["root", "seeds"]) {
    mkdirSync(join(STAGE, directory), { mode: 0o755 });
  }
}
