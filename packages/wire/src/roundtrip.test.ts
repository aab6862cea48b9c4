/** Every operation and every modelled error of every service, with the AWS SDK as the other end. */
import * as autoscaling from "@aws-sdk/client-auto-scaling";
import * as cloudformation from "@aws-sdk/client-cloudformation";
import * as ec2 from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing";
import * as iam from "@aws-sdk/client-iam";
import * as ssm from "@aws-sdk/client-ssm";
import * as sts from "@aws-sdk/client-sts";
import { AwsError } from "@hakoniwa/kernel";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";
import { MODELS } from "./models.gen.js";
import type { ServiceId } from "./models.gen.js";
import { isStruct } from "./shape.js";
import type { Shape } from "./shape.js";

type Sdk = Readonly<Record<string, unknown>>;
const SDKS: Readonly<Record<ServiceId, Sdk>> = { autoscaling, cloudformation, ec2, elb, iam, ssm, sts };
const TEXTS = ["a", "x y", "a<b>&\"c'", "é€😀", "a+b/c=d?e#%25", "tab\tline\nend", " ", "", "true", "0"];
const DEEPEST = 6;

/** Values of any shape, the same in every run. */
function createSampler(seed: number): (shape: Shape, depth?: number) => unknown {
  let state = seed;
  const below = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return (state >>> 8) % limit;
  };
  const text = (): string => TEXTS[below(TEXTS.length)]!;
  const sample = (shape: Shape, depth = 0): unknown => {
    switch (shape.kind) {
      case "number":
        return below(100_000);
      case "boolean":
        return below(2) === 1;
      case "timestamp":
        return new Date(1_700_000_000_000 + below(1_000_000) * 1000 + below(1000));
      case "blob":
        return Uint8Array.from([below(256), 200, 10]);
      case "list":
        return Array.from({ length: depth > DEEPEST ? 1 : 1 + below(3) }, () => sample(shape.members[0]!.shape, depth + 1));
      case "map":
        return Object.fromEntries(["k1", "k 2"].map((key) => [key, sample(shape.members[1]!.shape, depth + 1)]));
      case "union": {
        const member = shape.members[below(shape.members.length)]!;
        return { [member.name]: sample(member.shape, depth + 1) };
      }
      case "struct":
      case "error": {
        // At least one member: an empty structure is nothing in a form, so a required one would be missing.
        const some = shape.members.filter((member) => member.required || (depth < DEEPEST && below(10) < (depth < 2 ? 8 : 4)));
        const wanted = some.length > 0 ? some : shape.members.slice(0, 1);
        return Object.fromEntries(wanted.map((member) => [member.name, sample(member.shape, depth + 1)]));
      }
      case "unit":
        return {};
      default:
        return text();
    }
  };
  return sample;
}

/** Values as both ends mean them. Forms and XML can't tell an empty structure or list from none. */
function meaning(shape: Shape, value: unknown): unknown {
  if (value === undefined || value === null) {
    return undefined;
  }
  if (value instanceof Date) {
    return value.toISOString();
  }
  if (value instanceof Uint8Array) {
    return Buffer.from(value).toString("hex");
  }
  if (shape.kind === "list") {
    const items = (value as unknown[]).map((item) => meaning(shape.members[0]!.shape, item)).filter((item) => item !== undefined);
    return items.length > 0 ? items : undefined;
  }
  if (isStruct(shape)) {
    const own = value as Record<string, unknown>;
    const pairs = shape.members
      .filter((member) => !member.traits.idempotencyToken)
      .map((member) => [member.name, meaning(member.shape, own[member.name])] as const)
      .filter(([, item]) => item !== undefined);
    return pairs.length > 0 ? Object.fromEntries(pairs) : undefined;
  }
  if (shape.kind === "map") {
    const pairs = Object.entries(value).map(([key, item]) => [key, meaning(shape.members[1]!.shape, item)] as const);
    return Object.fromEntries(pairs.filter(([, item]) => item !== undefined));
  }
  return shape.kind === "unit" ? undefined : value;
}

interface Client {
  send(command: unknown): Promise<Record<string, unknown>>;
  destroy(): void;
}

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture();
});
afterAll(() => fixture.close());

describe.each(Object.keys(SDKS) as ServiceId[])("%s", (id) => {
  const sdk = SDKS[id];
  const { schemas } = MODELS[id];
  const Client = Object.entries(sdk).find(([name]) => name.endsWith("Client") && name !== "__Client")![1] as new (settings: object) => Client;
  const connect = (): Client =>
    new Client({ endpoint: fixture.url, region: "ap-northeast-1", credentials: { accessKeyId: "test", secretAccessKey: "test" }, maxAttempts: 1 });
  const command = (name: string, input: unknown): unknown => new (sdk[`${name}Command`] as new (input: unknown) => unknown)(input);

  it("carries every operation's input and output unchanged", { timeout: 60_000 }, async () => {
    const client = connect();
    const sample = createSampler(7);
    for (const name of schemas.operationNames()) {
      const operation = schemas.operation(name)!;
      const input = sample(operation.input);
      const output = sample(operation.output);
      let seen: unknown;
      fixture.handle = (call) => {
        seen = call.input;
        return output;
      };
      const reply = await client.send(command(name, structuredClone(input)));
      expect(meaning(operation.input, seen), `${name}'s input`).toEqual(meaning(operation.input, input));
      expect(meaning(operation.output, reply), `${name}'s output`).toEqual(meaning(operation.output, output));
    }
    client.destroy();
  });

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
      expect(error, code).toBeInstanceOf(sdk[code] as never);
      expect((error as Error).message).toBe("the <message>");
      expect(meaning({ ...shape, members }, error), `${code}'s members`).toEqual(meaning({ ...shape, members }, fields));
    }
    client.destroy();
  });
});
