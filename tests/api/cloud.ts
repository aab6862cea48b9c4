/** A whole cloud on paper in this process, behind its real door: what the AWS SDK and the AWS CLI meet over HTTP. */
import type { AddressInfo } from "node:net";
import { ACMClient } from "@aws-sdk/client-acm";
import { AutoScalingClient } from "@aws-sdk/client-auto-scaling";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { EC2Client } from "@aws-sdk/client-ec2";
import { ECRClient } from "@aws-sdk/client-ecr";
import { ElasticLoadBalancingClient } from "@aws-sdk/client-elastic-load-balancing";
import { ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { IAMClient } from "@aws-sdk/client-iam";
import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import { SSMClient } from "@aws-sdk/client-ssm";
import { STSClient } from "@aws-sdk/client-sts";
import { createPaperDataPlane, type PaperDataPlane, type PaperOptions } from "@hakoniwa/dataplane";
import { createIds, systemClocks } from "@hakoniwa/kernel";
import { createEndpoint, MODELS, type CorsAsk } from "@hakoniwa/wire";
import { callerOf, secretOf } from "../../packages/cloud/src/callers.js";
import { createCore } from "../../packages/cloud/src/core.js";
import { createGateway } from "../../packages/cloud/src/gateway.js";
import { isInvited } from "../../packages/cloud/src/invitation.js";
import { createWebsites } from "../../packages/cloud/src/website.js";
import { afterAll, beforeAll, expect } from "vitest";

export const ACCOUNT = "123456789012";
export const REGION = "ap-northeast-1";

/** What a client signs with. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Clients {
  readonly acm: ACMClient;
  readonly ec2: EC2Client;
  readonly sts: STSClient;
  readonly iam: IAMClient;
  readonly s3: S3Client;
  readonly ssm: SSMClient;
  readonly logs: CloudWatchLogsClient;
  readonly elb: ElasticLoadBalancingClient;
  readonly elbv2: ElasticLoadBalancingV2Client;
  readonly autoscaling: AutoScalingClient;
  readonly cloudformation: CloudFormationClient;
  readonly cloudwatch: CloudWatchClient;
  readonly sns: SNSClient;
  readonly ecr: ECRClient;
}

export interface Cloud extends Clients {
  readonly url: string;
  readonly paper: PaperDataPlane;
  /** The bugs that requests or reconcilers ran into; every test expects none. */
  readonly bugs: readonly string[];
  /** The SDK's clients with other credentials or in another region. */
  as(credentials: Credentials, region?: string): Clients;
  close(): Promise<void>;
}

const ADMINISTRATOR: Credentials = { accessKeyId: "test", secretAccessKey: "test" };

/** Starts it: signatures are verified, outputs are held against AWS's models, and time is real. */
async function startCloud(options: Pick<PaperOptions, "post">): Promise<Cloud> {
  const clocks = systemClocks();
  const ids = createIds();
  const paper = createPaperDataPlane({ clock: clocks.cloud, ...options });
  const bugs: string[] = [];
  const core = createCore({ clocks, ids, dataPlane: paper, account: ACCOUNT, log: (message) => bugs.push(message) });
  core.calls.seed({ account: ACCOUNT, region: REGION });
  await core.start();
  const cors = (ask: CorsAsk) => core.calls.facts({ account: ACCOUNT, region: REGION }).s3.cors(ask);
  const endpoint = createEndpoint({
    models: Object.values(MODELS),
    region: REGION,
    verify: "strict",
    strictOutput: true,
    secretOf: (accessKeyId) => secretOf(core, ACCOUNT, accessKeyId),
    now: () => [clocks.cloud.now(), clocks.peer.now()],
    date: () => new Date(clocks.peer.now()),
    newRequestId: () => ids.uuid(),
    invoke: (call) => core.calls.call({ ...call, caller: callerOf(core, ACCOUNT, call.accessKeyId, clocks.peer.now(), { sourceIp: call.sourceIp, userAgent: call.userAgent }) }),
    cors: async (ask) => cors(ask),
    onBug: (error) => bugs.push(error instanceof Error ? (error.stack ?? error.message) : String(error)),
  });
  const gateway = createGateway({
    endpoint,
    website: createWebsites(async () => core, { account: ACCOUNT, region: REGION }, () => ids.uuid()),
    health: () => ({ status: "running" }),
    isInvited: (request) => isInvited(request, cors),
    sitePorts: [],
  });
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}`;
  const made: Clients[] = [];
  const as = (credentials: Credentials, region = REGION): Clients => {
    const clients = clientsOf({ endpoint: url, region, credentials, maxAttempts: 1 });
    made.push(clients);
    return clients;
  };
  return {
    ...as(ADMINISTRATOR),
    url,
    paper,
    bugs,
    as,
    async close() {
      for (const client of made.flatMap((clients) => Object.values(clients))) client.destroy();
      gateway.closeAllConnections();
      await new Promise<void>((resolve) => gateway.close(() => resolve()));
      await core.stop();
      await paper.close();
    },
  };
}

interface Configuration {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  /** One, so that a failure shows at once instead of after retries. */
  readonly maxAttempts: 1;
}

function clientsOf(configuration: Configuration): Clients {
  return {
    acm: new ACMClient(configuration),
    ec2: new EC2Client(configuration),
    sts: new STSClient(configuration),
    iam: new IAMClient(configuration),
    s3: new S3Client({ ...configuration, forcePathStyle: true }),
    ssm: new SSMClient(configuration),
    logs: new CloudWatchLogsClient(configuration),
    elb: new ElasticLoadBalancingClient(configuration),
    elbv2: new ElasticLoadBalancingV2Client(configuration),
    autoscaling: new AutoScalingClient(configuration),
    cloudformation: new CloudFormationClient(configuration),
    cloudwatch: new CloudWatchClient(configuration),
    sns: new SNSClient(configuration),
    ecr: new ECRClient(configuration),
  };
}

/** How the SDK's waiters ask here: ten times a second, as paper takes no time, for as long as `maxWaitTime` seconds. */
export const patience = { maxWaitTime: 20, minDelay: 0.1, maxDelay: 0.1 };

/** A cloud for the tests of one file, or of one `describe`: started before the first, closed after the last, which also expects that no bug was met. */
export function useCloud(options: Pick<PaperOptions, "post"> = {}): Cloud {
  const cloud = {} as Cloud;
  beforeAll(async () => void Object.assign(cloud, await startCloud(options)));
  afterAll(async () => {
    await cloud.close();
    expect(cloud.bugs).toEqual([]);
  });
  return cloud;
}
