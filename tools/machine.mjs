/** What a machine needs before a command can run, decided on values: the launcher looks and acts. */

/** The programs that a real network takes, and the Debian package that each comes in. */
const PROGRAMS = {
  ip: "iproute2",
  nft: "nftables",
  unshare: "util-linux",
  nsenter: "util-linux",
  setpriv: "util-linux",
  prlimit: "util-linux",
  flock: "util-linux",
  mount: "mount",
  sysctl: "procps",
};
const TEST_PROGRAMS = {
  ...PROGRAMS,
  curl: "curl",
  ping: "iputils-ping",
  dig: "dnsutils",
  newuidmap: "uidmap",
  pgrep: "procps",
  ssh: "openssh-client",
  "/usr/lib/openssh/sftp-server": "openssh-sftp-server",
};

/**
 * @param {string} version Node's, e.g. `20.19.0`
 * @returns {string | undefined} what is wrong with it, for people
 */
export function nodeProblem(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return undefined;
  return `Node.js 20.19 or newer is needed, but this is ${version}: https://nodejs.org`;
}

/**
 * The programs that a command line needs beside Node. `doctor` needs none: it says what is missing.
 * @param {readonly string[]} args after `./hakoniwa`
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {{ readonly platform: string, readonly npm: boolean }} machine `npm`: whether packages are still to be installed with it
 * @returns {Record<string, string>} Debian packages by program
 */
export function programsFor([command = "", ...args], env, { platform, npm }) {
  const at = args.indexOf("--dataplane");
  const chosen = args.find((arg) => arg.startsWith("--dataplane="))?.slice("--dataplane=".length) ?? (at < 0 ? env.HAKONIWA_DATAPLANE : args[at + 1]);
  const runs = ["up", "start"].includes(command) && chosen !== "paper";
  return {
    ...(npm ? { npm: "npm" } : {}),
    ...(platform === "linux" && runs ? PROGRAMS : {}),
    ...(platform === "linux" && ["test", "bench"].includes(command) ? TEST_PROGRAMS : {}),
  };
}

/**
 * What to do about programs that are missing: nothing, install these packages, or end with this message.
 * @param {Readonly<Record<string, string>>} needed Debian packages by program
 * @param {(program: string) => boolean} has
 * @param {number} uid
 * @returns {{ readonly packages: readonly string[], readonly message?: string }}
 */
export function planInstallation(needed, has, uid) {
  const missing = Object.keys(needed).filter((program) => !has(program));
  const packages = [...new Set(missing.map((program) => needed[program] ?? program))];
  if (missing.length === 0 || (uid === 0 && has("apt-get"))) return { packages };
  const install = `${uid === 0 ? "" : "sudo "}apt-get install -y ${packages.join(" ")}`;
  return { packages, message: `these programs are missing: ${missing.join(", ")}. On Debian and Ubuntu, type:\n\n    ${install}\n\nthen run the command again.` };
}
