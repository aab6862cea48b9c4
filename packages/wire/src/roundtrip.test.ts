/** Every operation and every modelled error of every service, with the AWS SDK as the other end. */
import * as acm from "@aws-sdk/client-acm";
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudformation from "@aws-sdk/client-cloudformation";
import * as cloudwatch from "@aws-sdk/client-cloudwatch";
import * as logs from "@aws-sdk/client-cloudwatch-logs";
import * as ec2 from "@aws-sdk/client-ec2";
import * as eks from "@aws-sdk/client-eks";
import * as ecr from "@aws-sdk/client-ecr";
import * as elb from "@aws-sdk/client-elastic-load-balancing";
import * as elbv2 from "@aws-sdk/client-elastic-load-balancing-v2";
import * as iam from "@aws-sdk/client-iam";
import * as s3 from "@aws-sdk/client-s3";
import * as sns from "@aws-sdk/client-sns";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { AwsQueryProtocol } from "@aws-sdk/core/protocols";
import { SmithyRpcV2CborProtocol } from "@smithy/core/cbor";
import { AwsError } from "@hakoniwa/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { flatten } from "../tools/flatten.mjs";
import { metadataOf } from "../tools/metadata.mjs";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";
import type { Model, ModelMeta } from "./model.js";
import { MODELS } from "./models.gen.js";
import type { ServiceId } from "./models.gen.js";
import { createSampler, meaning } from "./sampler-fixture.js";
import type { SampleOptions } from "./sampler-fixture.js";
import { Schemas } from "./shape.js";
import type { ModelFile, Operation } from "./shape.js";

type Sdk = Readonly<Record<string, unknown>>;

interface Client {
  send(command: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
}

interface Case {
  readonly name: string;
  readonly sdk: Sdk;
  readonly model: Model;
  readonly settings?: object;
  readonly samples?: SampleOptions;
}

const SDKS: Readonly<Record<ServiceId, Sdk>> = { acm, autoscaling, cloudformation, cloudwatch, ec2, ecr, elb, elbv2, iam, logs, s3, sns, ssm, sts };

/** Nothing here serves it: it speaks the one protocol that none of ours does. */
const Eks: Model = { ...(metadataOf("eks", eks) as ModelMeta), schemas: new Schemas(flatten(eks) as ModelFile) };

/** What S3's client computes, checks or escapes itself, so that it can't be any value. */
const S3_SAMPLES: SampleOptions = {
  leaveOut: ({ name, traits, shape }) =>
    /^(?:Checksum(?!Type|Mode|Algorithm)\w+|ContentMD5|ContentLength|SSECustomerKey(?:MD5)?|CopySourceSSECustomerKey(?:MD5)?|Expires|ExpiresString|ContentRange)$/.test(name) &&
    (traits.httpHeader !== undefined || shape.kind !== "string"),
  fixed: { ChecksumAlgorithm: "CRC32", Bucket: "a-bucket", EncodingType: "none", CopySource: "a-bucket/a", RequestRoute: "127" },
};

/** What S3's client adds when it isn't told. */
const ADDED = /^(?:Checksum(?!Type|Mode)\w+|ContentLength|ContentType)$/;

const cases: readonly Case[] = [
  ...Object.entries(SDKS).map(([id, sdk]): Case => ({ name: id, sdk, model: MODELS[id as ServiceId], ...(id === "s3" ? { settings: { forcePathStyle: true }, samples: S3_SAMPLES } : {}) })),
  { name: "cloudwatch in CBOR", sdk: cloudwatch, model: MODELS.cloudwatch, settings: { protocol: SmithyRpcV2CborProtocol } },
  { name: "cloudwatch in query", sdk: cloudwatch, model: MODELS.cloudwatch, settings: { protocol: AwsQueryProtocol } },
  { name: "eks in rest-json", sdk: eks, model: Eks },
];

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture({ checkInputs: false, models: [...Object.values(MODELS), Eks] });
});
afterAll(() => fixture.close());

/** Operations that answer with a stream of events, whose framing isn't here, or are signed for other services than S3. */
const ELSEWHERE = new Set(["ListDirectoryBuckets", "WriteGetObjectResponse"]);
const isAbsent = ({ name, output }: Operation): boolean =>
  ELSEWHERE.has(name) || output.members.some((member) => member.traits.streaming && member.shape.kind !== "blob");

async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  for await (const part of stream) {
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** With bytes where there were streams. */
async function whole(values: Record<string, unknown>): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(values)) {
    found[name] = typeof value === "object" && value !== null && Symbol.asyncIterator in value ? await bytesOf(value as AsyncIterable<Uint8Array>) : value;
  }
  return found;
}

async function* streamed(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes.subarray(0, 1);
  yield bytes.subarray(1);
}

function asStreams({ output }: Operation, values: Record<string, unknown>): Record<string, unknown> {
  const streams = output.members.filter((member) => member.traits.streaming && values[member.name] !== undefined);
  return { ...values, ...Object.fromEntries(streams.map(({ name }) => [name, streamed(values[name] as Uint8Array)])) };
}

describe.each(cases)("$name", ({ sdk, model, settings = {}, samples = {} }) => {
  const { schemas } = model;
  const Client = Object.entries(sdk).find(([name]) => name.endsWith("Client") && name !== "__Client")![1] as new (settings: object) => Client;
  const connect = (): Client =>
    new Client({ endpoint: fixture.url, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1, disableHostPrefix: true, ...settings });
  const command = (name: string, input: unknown): unknown => new (sdk[`${name}Command`] as new (input: unknown) => unknown)(input);

  it("carries every operation's input and output unchanged", { timeout: 60_000 }, async () => {
    const client = connect();
    const sample = createSampler(7, samples);
    for (const name of schemas.operationNames()) {
      const operation = schemas.operation(name)!;
      const input = sample(operation.input) as Record<string, unknown>;
      if (isAbsent(operation)) {
        await expect(client.send(command(name, input)), name).rejects.toMatchObject({ name: "NotImplemented", $metadata: { httpStatusCode: 501 } });
        continue;
      }
      const output = sample(operation.output) as Record<string, unknown>;
      let seen: Record<string, unknown> = {};
      let called = "";
      fixture.handle = async (call) => {
        called = call.operation;
        const given = Object.entries(await whole(call.input));
        seen = Object.fromEntries(given.filter(([member]) => Object.hasOwn(input, member) || !ADDED.test(member)));
        return asStreams(operation, output);
      };
      const reply = await client.send(command(name, structuredClone(input))).catch((error: unknown) => {
        throw new Error(`${name}: ${String(error)} ${fixture.bugs.map(String).join("\n")}`);
      });
      expect(called).toBe(name);
      expect(meaning(operation.input, seen), `${name}'s input`).toEqual(meaning(operation.input, input));
      expect(meaning(operation.output, await whole(reply)), `${name}'s output`).toEqual(meaning(operation.output, output));
    }
    client.destroy();
  });

  /** CloudWatch has two errors of one code: who reads the code alone can't tell them apart. */
  const classesOf = (code: string): readonly (new () => Error)[] => {
    const queryCode = (name: string): string => schemas.error(name)!.traits.awsQueryError?.[0] ?? name;
    return schemas.errorNames().filter((name) => queryCode(name) === queryCode(code)).map((name) => sdk[name] as new () => Error);
  };

  it("tells every modelled error as the SDK's own class", async () => {
    const client = connect();
    const sample = createSampler(11);
    const name = schemas.operationNames().find((candidate) => schemas.operation(candidate)!.input.members.every((member) => !member.required))!;
    for (const code of schemas.errorNames()) {
      const shape = schemas.error(code)!;
      const members = shape.members.filter((member) => !["message", "code", "type"].includes(member.name.toLowerCase()));
      const fields = sample({ ...shape, members }) as Record<string, unknown>;
      fixture.handle = () => {
        throw new AwsError(code, "the <message>", { fields });
      };
      const error: unknown = await client.send(command(name, {})).catch((thrown: unknown) => thrown);
      expect(classesOf(code).some((known) => error instanceof known), `${code} was told as ${String(error)}`).toBe(true);
      expect((error as Error).message).toBe("the <message>");
      expect(meaning({ ...shape, members }, error), `${code}'s members`).toEqual(meaning({ ...shape, members }, fields));
    }
    client.destroy();
  });
});
