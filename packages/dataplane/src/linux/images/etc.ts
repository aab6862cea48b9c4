/** What an instance has in /etc: our own files, and an allow-list of the host's, whose /etc is never copied whole: it holds secrets. */
import type { UidMode } from "../sandbox/uid-map.js";

/** Paths below the host's /etc that programs in /usr need to run; those that are missing are left out. */
export const FROM_HOST = [
  "alternatives",
  "bash.bashrc",
  "ca-certificates.conf",
  "debian_version",
  "ethertypes",
  "host.conf",
  "inputrc",
  "ld.so.cache",
  "ld.so.conf",
  "ld.so.conf.d",
  "locale.alias",
  "magic",
  "mime.types",
  "networks",
  "os-release",
  "perl",
  "profile",
  "protocols",
  "python3",
  "python3.11",
  "rpc",
  "services",
  "shells",
  "ssl/certs",
  "ssl/openssl.cnf",
  "terminfo",
] as const;

/** File contents by path below /etc. */
export function ownFiles(mode: UidMode): Readonly<Record<string, string>> {
  return {
    passwd: passwd(mode),
    group: group(mode),
    "nsswitch.conf": "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n",
    fstab: "",
    "system-release": "Hakoniwa (an Amazon Linux work-alike on the host's /usr)\n",
    motd: "Hakoniwa: this instance's root is nobody outside. Packages: yum list\n",
    hosts: "127.0.0.1 localhost\n",
    "resolv.conf": "",
    hostname: "",
  };
}

function passwd(mode: UidMode): string {
  // In one-uid mode nobody but uid 0 exists, so ec2-user is a second name for it: logging in works, `chown` to it changes nothing.
  const user = mode === "range" ? "1000:1000" : "0:0";
  return [
    "root:x:0:0:root:/root:/bin/bash",
    "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin",
    `ec2-user:x:${user}:EC2 Default User:/home/ec2-user:/bin/bash`,
    "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin",
    "",
  ].join("\n");
}

function group(mode: UidMode): string {
  return [
    "root:x:0:",
    "daemon:x:1:",
    "tty:x:5:",
    "disk:x:6:",
    "wheel:x:10:ec2-user",
    "shadow:x:42:",
    "utmp:x:43:",
    "users:x:100:",
    ...(mode === "range" ? ["ec2-user:x:1000:"] : []),
    "nogroup:x:65534:",
    "",
  ].join("\n");
}
