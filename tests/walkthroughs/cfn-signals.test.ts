/** Servers that set themselves up by cfn-init and say so by cfn-signal: a stack waits for them, rolls them, and goes back when they fail. */
import { CreateStackCommand, DescribeStackEventsCommand, DescribeStackResourceCommand, DescribeStacksCommand, UpdateStackCommand } from "@aws-sdk/client-cloudformation";
import { DescribeAutoScalingGroupsCommand } from "@aws-sdk/client-auto-scaling";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createGarden, run, until, type Garden } from "./garden.js";
import { countServed, startLoad } from "./load.js";

const HELPERS = "/opt/aws/bin";
const port80 = { IpProtocol: "tcp", FromPort: 80, ToPort: 80 };
const ref = (Ref: string): object => ({ Ref });
const image = "{{resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64}}";

const network = {
  Vpc: { Type: "AWS::EC2::VPC", Properties: { CidrBlock: "10.0.0.0/16" } },
  Gateway: { Type: "AWS::EC2::InternetGateway" },
  Attachment: { Type: "AWS::EC2::VPCGatewayAttachment", Properties: { VpcId: ref("Vpc"), InternetGatewayId: ref("Gateway") } },
  Routes: { Type: "AWS::EC2::RouteTable", Properties: { VpcId: ref("Vpc") } },
  Out: { Type: "AWS::EC2::Route", DependsOn: "Attachment", Properties: { RouteTableId: ref("Routes"), DestinationCidrBlock: "0.0.0.0/0", GatewayId: ref("Gateway") } },
  ...Object.fromEntries(
    [0, 1].flatMap((n) => [
      [`Subnet${n}`, { Type: "AWS::EC2::Subnet", Properties: { VpcId: ref("Vpc"), CidrBlock: `10.0.${n}.0/24`, MapPublicIpOnLaunch: true, AvailabilityZone: { "Fn::Select": [n, { "Fn::GetAZs": "" }] } } }],
      [`Way${n}`, { Type: "AWS::EC2::SubnetRouteTableAssociation", DependsOn: "Out", Properties: { SubnetId: ref(`Subnet${n}`), RouteTableId: ref("Routes") } }],
    ]),
  ),
  FrontGroup: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "front", VpcId: ref("Vpc"), SecurityGroupIngress: [{ ...port80, CidrIp: "0.0.0.0/0" }] } },
  WebGroup: { Type: "AWS::EC2::SecurityGroup", Properties: { GroupDescription: "web", VpcId: ref("Vpc"), SecurityGroupIngress: [{ ...port80, SourceSecurityGroupId: { "Fn::GetAtt": ["FrontGroup", "GroupId"] } }] } },
};

/** What cfn-init makes of a server. `{{page}}` is filled in by it. */
const init = {
  "AWS::CloudFormation::Init": {
    configSets: { default: ["install", { ConfigSet: "serve" }], serve: ["start"] },
    install: {
      packages: { yum: { httpd: [] } },
      groups: { editors: { gid: "1500" } },
      users: { ann: { groups: ["editors"], uid: "1501", homeDir: "/srv/ann" } },
      files: {
        "/var/www/html/index.html": { content: "version {{page}}\n", context: { page: ref("Version") }, mode: "000644", owner: "root", group: "editors" },
        "/etc/web.json": { content: { stack: ref("AWS::StackName"), subnets: [ref("Subnet0"), ref("Subnet1")] }, mode: "000600" },
      },
      commands: {
        "01-mark": { command: 'echo "$WORD" > mark', cwd: "/srv", env: { WORD: "marked" } },
        "02-never": { command: "touch /srv/never", test: "test -e /nowhere" },
        "03-fails": { command: "false", ignoreErrors: "true" },
      },
    },
    start: { services: { systemd: { httpd: { enabled: "true", ensureRunning: "true", files: ["/var/www/html/index.html"] } } } },
  },
};

const site = (version: string): string =>
  JSON.stringify({
    Parameters: { Version: { Type: "String", Default: version } },
    Resources: {
      ...network,
      Balancer: { Type: "AWS::ElasticLoadBalancingV2::LoadBalancer", DependsOn: "Out", Properties: { Subnets: [ref("Subnet0"), ref("Subnet1")], SecurityGroups: [ref("FrontGroup")] } },
      Targets: {
        Type: "AWS::ElasticLoadBalancingV2::TargetGroup",
        Properties: {
          VpcId: ref("Vpc"), Protocol: "HTTP", Port: 80, HealthCheckIntervalSeconds: 5, HealthCheckTimeoutSeconds: 2, HealthyThresholdCount: 2, HealthCheckPath: "/index.html",
          TargetGroupAttributes: [{ Key: "deregistration_delay.timeout_seconds", Value: "1" }],
        },
      },
      Listener: { Type: "AWS::ElasticLoadBalancingV2::Listener", Properties: { LoadBalancerArn: ref("Balancer"), Port: 80, Protocol: "HTTP", DefaultActions: [{ Type: "forward", TargetGroupArn: ref("Targets") }] } },
      Launch: {
        Type: "AWS::EC2::LaunchTemplate",
        Properties: {
          LaunchTemplateData: {
            ImageId: image,
            InstanceType: "t3.micro",
            SecurityGroupIds: [{ "Fn::GetAtt": ["WebGroup", "GroupId"] }],
            UserData: {
              "Fn::Base64": {
                "Fn::Sub": `#!/bin/bash\n# \${Version}\n${HELPERS}/cfn-init -v --stack \${AWS::StackName} --resource Group --region \${AWS::Region}\n${HELPERS}/cfn-signal -e $? --stack \${AWS::StackName} --resource Group --region \${AWS::Region}\n`,
              },
            },
          },
        },
      },
      Group: {
        Type: "AWS::AutoScaling::AutoScalingGroup",
        DependsOn: ["Way0", "Way1", "Listener"],
        Metadata: init,
        CreationPolicy: { ResourceSignal: { Count: 2, Timeout: "PT5M" } },
        UpdatePolicy: { AutoScalingRollingUpdate: { MaxBatchSize: 1, MinInstancesInService: 2, PauseTime: "PT5M", WaitOnResourceSignals: true, SuspendProcesses: ["HealthCheck", "ReplaceUnhealthy", "AZRebalance", "AlarmNotification", "ScheduledActions"] } },
        Properties: {
          LaunchTemplate: { LaunchTemplateId: ref("Launch"), Version: { "Fn::GetAtt": ["Launch", "LatestVersionNumber"] } },
          MinSize: "2",
          MaxSize: "3",
          DesiredCapacity: "2",
          VPCZoneIdentifier: [ref("Subnet0"), ref("Subnet1")],
          TargetGroupARNs: [ref("Targets")],
        },
      },
    },
    Outputs: { Name: { Value: { "Fn::GetAtt": ["Balancer", "DNSName"] } } },
  });

/** One server that tells a wait condition how it went. */
const server = (command: string): string =>
  JSON.stringify({
    Resources: {
      ...network,
      Handle: { Type: "AWS::CloudFormation::WaitConditionHandle" },
      Ready: { Type: "AWS::CloudFormation::WaitCondition", DependsOn: "Web", Properties: { Handle: ref("Handle"), Timeout: "120", Count: 2 } },
      Web: {
        Type: "AWS::EC2::Instance",
        DependsOn: "Way0",
        Metadata: { "AWS::CloudFormation::Init": { config: { commands: { "01-set-up": { command } } } } },
        Properties: {
          ImageId: image,
          InstanceType: "t3.micro",
          SubnetId: ref("Subnet0"),
          UserData: {
            "Fn::Base64": {
              "Fn::Sub": `#!/bin/bash\nwhy=$(${HELPERS}/cfn-init -s \${AWS::StackId} -r Web --region \${AWS::Region} 2>&1)\n${HELPERS}/cfn-signal -e $? -r "$why" -d "$(hostname)" '\${Handle}'\n`,
            },
          },
        },
      },
    },
    Outputs: { Data: { Value: { "Fn::GetAtt": ["Ready", "Data"] } }, Url: { Value: ref("Handle") } },
  });

describe("cfn-init and cfn-signal", { timeout: 60_000 }, () => {
  let garden: Garden;

  beforeAll(async () => {
    garden = await createGarden();
    const { code, stderr } = await garden.hakoniwa("start");
    expect(code, stderr).toBe(0);
  }, 60_000);

  afterAll(() => garden.end(), 60_000);

  const describeStack = async (StackName: string) => (await garden.cloudformation.send(new DescribeStacksCommand({ StackName }))).Stacks![0]!;

  async function events(StackName: string, logicalId: string): Promise<readonly string[]> {
    const { StackEvents } = await garden.cloudformation.send(new DescribeStackEventsCommand({ StackName }));
    return StackEvents!.filter((event) => event.LogicalResourceId === logicalId).reverse().map((event) => `${event.ResourceStatus} ${event.ResourceStatusReason ?? ""}`.trim());
  }

  async function ended(StackName: string, seconds: number): Promise<string> {
    return until(`the stack ${StackName} comes to rest`, seconds, async () => {
      const { StackStatus } = await describeStack(StackName);
      return StackStatus!.endsWith("_IN_PROGRESS") ? undefined : StackStatus!;
    });
  }

  const instances = async (): Promise<readonly string[]> => {
    const { AutoScalingGroups } = await garden.autoscaling.send(new DescribeAutoScalingGroupsCommand({}));
    return AutoScalingGroups![0]!.Instances!.map((each) => each.InstanceId!);
  };

  it("make a stack wait until both servers of a group are set up, and roll them one by one without a failed request", async () => {
    await garden.cloudformation.send(new CreateStackCommand({ StackName: "site", TemplateBody: site("one") }));
    expect(await ended("site", 40), (await events("site", "Group")).join("\n")).toBe("CREATE_COMPLETE");
    const first = await instances();
    for (const id of first) expect(await events("site", "Group")).toContain(`CREATE_IN_PROGRESS Received SUCCESS signal with UniqueId ${id}`);

    const { stdout } = await garden.hakoniwa("exec", first[0]!, "sh", "-c", "cat /srv/mark; id ann; stat -c '%a %U %G' /var/www/html/index.html; ls /srv; cat /etc/web.json; tail -n 2 /var/log/cfn-init.log; grep -c 'Exited with error code 1' /var/log/cfn-init-cmd.log");
    expect(stdout).toMatch(/^marked\nuid=1501\(ann\) .*1500\(editors\)\n644 root editors\nann\nmark\n/);
    expect(stdout).toContain('"stack": "site"');
    expect(stdout).toMatch(/\[INFO\] ConfigSets completed\n.*\[INFO\] -+Build complete-+\n1\n$/);

    const name = (await describeStack("site")).Outputs![0]!.OutputValue!;
    const load = startLoad({ port: garden.httpPort, name }, 8, { pause: 5 });
    await until("the balancer serves the first version", 10, async () => (load.served.get("version one\n") ?? 0) > 20);
    await garden.cloudformation.send(new UpdateStackCommand({ StackName: "site", TemplateBody: site("two") }));
    expect(await ended("site", 40), (await events("site", "Group")).join("\n")).toBe("UPDATE_COMPLETE");
    await until("the balancer serves the second version", 10, async () => (load.served.get("version two\n") ?? 0) > 20);
    await load.stop();
    expect(load.failures).toEqual([]);
    expect(countServed(load)).toBeGreaterThan(100);

    const told = await events("site", "Group");
    expect(told.find((event) => event.includes("Rolling update initiated"))).toBe(
      "UPDATE_IN_PROGRESS Rolling update initiated. Terminating 2 obsolete instance(s) in batches of 1, while keeping at least 2 instance(s) in service. Waiting on resource signals with a timeout of PT5M when new instances are added to the autoscaling group.",
    );
    expect(told).toContain("UPDATE_IN_PROGRESS Temporarily setting autoscaling group MinSize and DesiredCapacity to 3.");
    const fresh = told.slice(told.findIndex((event) => event.includes("Rolling update"))).flatMap((event) => /SUCCESS signal with UniqueId (i-\w+)/.exec(event)?.[1] ?? []);
    expect(fresh.length).toBe(2);
    // Auto Scaling may balance the zones again, now that the update no longer holds it off.
    expect(await instances()).toEqual(expect.arrayContaining(fresh));
    expect((await instances()).some((id) => first.includes(id))).toBe(false);
  });

  it("tell a wait condition, from an instance and by curl from this machine", async () => {
    await garden.cloudformation.send(new CreateStackCommand({ StackName: "server", TemplateBody: server("echo fine") }));
    const url = await until("the handle is there", 20, async () => {
      const found = await garden.cloudformation.send(new DescribeStackResourceCommand({ StackName: "server", LogicalResourceId: "Handle" })).catch(() => undefined);
      return found?.StackResourceDetail?.PhysicalResourceId;
    });
    const { host, pathname, search } = new URL(url);
    const body = JSON.stringify({ Status: "SUCCESS", Reason: "by hand", UniqueId: "hand", Data: "hello" });
    const put = await run("curl", ["-s", "-w", "%{http_code}", "-X", "PUT", "-H", "Content-Type:", "-H", `Host: ${host}`, "--data-binary", body, `http://127.0.0.1:${garden.port}${pathname}${search}`]);
    expect(put.stdout).toBe("200");
    expect(await ended("server", 20), (await events("server", "Ready")).join("\n")).toBe("CREATE_COMPLETE");
    const { Outputs } = await describeStack("server");
    const data = JSON.parse(Outputs!.find((output) => output.OutputKey === "Data")!.OutputValue!) as Record<string, string>;
    expect(Object.entries(data)).toEqual(expect.arrayContaining([["hand", "hello"], [expect.stringMatching(/^i-/), expect.stringMatching(/^ip-10-0-0-/)]]));
  });

  it("make a stack roll back when setting up fails, with the signal's reason in the event", async () => {
    await garden.cloudformation.send(new CreateStackCommand({ StackName: "broken", TemplateBody: server("echo no space left; exit 3") }));
    expect(await ended("broken", 30)).toBe("ROLLBACK_COMPLETE");
    expect((await events("broken", "Ready")).find((event) => event.startsWith("CREATE_FAILED"))).toMatch(
      /^CREATE_FAILED WaitCondition received failed message: 'Error occurred during build: Command 01-set-up failed' for uniqueId: i-[0-9a-f]{17}$/,
    );
  });
});
