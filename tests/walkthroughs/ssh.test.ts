import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DescribeInstancesCommand, DescribeKeyPairsCommand, type Instance } from "@aws-sdk/client-ec2";
import { GetParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, until, type Garden, type Ran } from "./garden.js";

describe("the fourth article's way in: a bastion in the public subnet", { timeout: 60_000 }, () => {
  let garden: Garden;
  let folder: string;
  let up: Ran;
  let bastion: Instance;
  let web: Instance;

  beforeAll(async () => {
    garden = await createGarden();
    folder = mkdtempSync(join(tmpdir(), "ssh-walk-"));
    up = await garden.hakoniwa("up", "--set", "bastion=true");
    expect(up.code, up.stderr).toBe(0);
    const { Reservations = [] } = await garden.ec2.send(new DescribeInstancesCommand({}));
    const named = (name: string) => Reservations.flatMap(({ Instances = [] }) => Instances).find(({ Tags = [] }) => Tags.some(({ Value }) => Value === name))!;
    bastion = named("bastion-hakoniwa-minimal");
    web = named("web-hakoniwa-minimal");
    // https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-keypair.html: the private key is a parameter.
    const { KeyPairs = [] } = await garden.ec2.send(new DescribeKeyPairsCommand({}));
    const ssm = new SSMClient({ endpoint: `http://127.0.0.1:${garden.port}`, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" } });
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name: `/ec2/keypair/${KeyPairs[0]!.KeyPairId}`, WithDecryption: true }));
    writeFileSync(join(folder, "key.pem"), Parameter!.Value!, { mode: 0o600 });
  }, 120_000);
  afterAll(async () => {
    await garden.end();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  const options = (): string => `-F none -o UserKnownHostsFile=${folder}/known -o StrictHostKeyChecking=accept-new -o BatchMode=yes -o ConnectTimeout=5 -i ${folder}/key.pem`;
  const internet = (script: string): Promise<Ran> => garden.hakoniwa("internet", "sh", "-c", script);

  it("S4-23: ec2-user logs in to the bastion's Elastic IP with the key, and S2-21: sudo works", async () => {
    const { stdout } = await until("the bastion lets us in", 20, async () => {
      const ran = await internet(`ssh ${options()} ec2-user@${bastion.PublicIpAddress} 'whoami; sudo whoami; cat /etc/resolv.conf; hostname -s'`);
      return ran.code === 0 && ran;
    });
    // S2-22
    expect(stdout).toBe(`ec2-user\nroot\nnameserver 10.0.0.2\nsearch ap-northeast-1.compute.internal\n${bastion.PrivateDnsName!.split(".")[0]}\n`);
  });

  it("`up` says how to log in, and that works as it is typed", async () => {
    const [, command = ""] = /^ +log in +\.\/hakoniwa (internet ssh .*)$/m.exec(up.stdout) ?? [];
    expect(command).toContain(bastion.PublicIpAddress);
    expect(await garden.hakoniwa(...command.split(" "), "hostname", "-s")).toMatchObject({ code: 0, stdout: `${bastion.PrivateDnsName!.split(".")[0]}\n` });
  });

  it("S4-24: localhost:50022 forwarded to the private web server's port 22 leads into it", async () => {
    const { stdout, stderr } = await internet(`
      ssh ${options()} -f -N -o ExitOnForwardFailure=yes -L 50022:${web.PrivateIpAddress}:22 ec2-user@${bastion.PublicIpAddress}
      ssh ${options()} -p 50022 ec2-user@127.0.0.1 'hostname -s; curl -s localhost'
      pkill -f 50022:${web.PrivateIpAddress}`);
    expect(stdout, stderr).toBe(`${web.PrivateDnsName!.split(".")[0]}\nhello!\n`);
  });

  it("S4-12: without the bastion nobody gets to the private server", async () => {
    const { code, stderr } = await internet(`ssh ${options()} ec2-user@${web.PrivateIpAddress} true`);
    expect(code).toBe(255);
    expect(stderr).toMatch(/timed out|No route to host|unreachable|Invalid argument/);
  });

  it("S4-36: the private server pings 8.8.8.8 through NAT", async () => {
    const jump = `-o "ProxyCommand=ssh ${options()} -W %h:%p ec2-user@${bastion.PublicIpAddress}"`;
    expect(await internet(`ssh ${options()} ${jump} ec2-user@${web.PrivateIpAddress} ping -c 1 -W 2 8.8.8.8`)).toMatchObject({ code: 0, stdout: expect.stringContaining("1 received") });
  });
});
