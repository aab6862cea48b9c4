/** What nobody's client sends: each is refused as the caller's mistake, and none is an internal failure. */
import fc from "fast-check";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startFixture } from "./endpoint-fixture.js";
import type { Fixture } from "./endpoint-fixture.js";

let fixture: Fixture;
beforeAll(async () => {
  fixture = await startFixture({ verify: "open" });
});
afterAll(() => fixture.close());
beforeEach(() => {
  fixture.calls.length = 0;
  fixture.bugs.length = 0;
  fixture.handle = () => ({});
});

interface Reply {
  readonly status: number;
  readonly text: string;
  readonly type: string | null;
  readonly errorType: string | null;
}

async function form(body: string | Uint8Array, host = "ec2.ap-northeast-1.amazonaws.com"): Promise<Reply> {
  // fetch won't set Host; a credential scope names the service as well.
  const service = host.split(".", 1)[0];
  const authorization = `AWS4-HMAC-SHA256 Credential=k/20260101/ap-northeast-1/${service}/aws4_request, SignedHeaders=host, Signature=${"0".repeat(64)}`;
  const headers = { "content-type": "application/x-www-form-urlencoded", authorization, "x-amz-date": "20260101T000000Z" };
  const reply = await fetch(fixture.url, { method: "POST", headers, body: body as never });
  return { status: reply.status, text: await reply.text(), type: reply.headers.get("content-type"), errorType: reply.headers.get("x-amzn-errortype") };
}

async function json(body: string | Uint8Array, target = "AmazonSSM.PutParameter"): Promise<{ status: number; text: string }> {
  const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": target };
  const reply = await fetch(fixture.url, { method: "POST", headers, body: body as never });
  return { status: reply.status, text: await reply.text() };
}

const codeOf = (reply: { text: string }): string | undefined => /<Code>(.*?)<\/Code>/.exec(reply.text)?.[1] ?? /"__type":"(.*?)"/.exec(reply.text)?.[1];

describe("forms", () => {
  const describeVpcs = "Action=DescribeVpcs&Version=2016-11-15";

  it.each([
    ["bad percent-encoding", "&VpcId.1=%zz", "MalformedQueryString"],
    ["percent-encoded bytes that are not UTF-8", "&VpcId.1=%ff%fe", "MalformedQueryString"],
    ["a control character", "&VpcId.1=a%00b", "MalformedQueryString"],
    ["a parameter twice", "&VpcId.1=a&VpcId.1=b", "MalformedQueryString"],
    ["a name of a thousand parts", `&${"A.".repeat(1000)}=x`, "MalformedQueryString"],
    ["twenty thousand parameters", "&x".repeat(20_000), "MalformedQueryString"],
    ["a word for a number", "&MaxResults=many", "InvalidParameterValue"],
    ["a hexadecimal number", "&MaxResults=0x10", "InvalidParameterValue"],
    ["NaN", "&MaxResults=NaN", "InvalidParameterValue"],
    ["a number beyond all bounds", "&MaxResults=1e999", "InvalidParameterValue"],
    ["a word for a boolean", "&DryRun=perhaps", "InvalidParameterValue"],
    ["a text for a structure", "&Filter.1=x", "InvalidParameterValue"],
    ["a structure for a text", "&VpcId.1.a.b=x", "InvalidParameterValue"],
    ["a text for a list", "&VpcId=x", "InvalidParameterValue"],
    ["a parameter that EC2 doesn't have", "&Bogus=1", "UnknownParameter"],
    ["a nested one", "&Filter.1.Nmae=x", "UnknownParameter"],
    ["an item of a list without a number", "&VpcId.-1=vpc-1", "UnknownParameter"],
    ["an item beyond all numbers", "&VpcId.99999999999=vpc-1", "UnknownParameter"],
    ["an item of a list that is the prototype", "&Filter.__proto__.Name=x", "UnknownParameter"],
    ["the prototype of everything", "&__proto__.polluted=1", "UnknownParameter"],
  ])("%s is refused", async (_what, rest, code) => {
    const reply = await form(describeVpcs + rest);
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe(code);
    expect(fixture.calls).toEqual([]);
  });

  it("names the parameter and the value", async () => {
    const reply = await form(`${describeVpcs}&Filter.1.Name=a&Filter.2=surprise`);
    expect(reply.text).toContain("Invalid value for the parameter Filter.2: 'surprise' is not a structure");
  });

  it("bytes that are not UTF-8 are refused", async () => {
    expect(codeOf(await form(Buffer.concat([Buffer.from(`${describeVpcs}&VpcId.1=`), Buffer.from([0xff, 0xfe])])))).toBe("MalformedQueryString");
  });

  it("an index of nine digits costs nothing", async () => {
    expect((await form(`${describeVpcs}&VpcId.999999999=b&VpcId.3=a`)).status).toBe(200);
    expect(fixture.calls[0]!.input).toEqual({ VpcIds: ["a", "b"] });
  });

  it("an action that nobody has is InvalidAction", async () => {
    for (const action of ["Bogus", "constructor", "__proto__", "toString", ""]) {
      expect(codeOf(await form(`Action=${action}&Version=2016-11-15`))).toBe("InvalidAction");
      expect(codeOf(await form(`Action=${action}&Version=2010-05-08`, "iam"))).toBe("InvalidAction");
    }
  });

  it("a query service says MalformedInput", async () => {
    const reply = await form("Action=CreateAutoScalingGroup&Version=2011-01-01&AutoScalingGroupName=a&MinSize=x&MaxSize=1", "autoscaling");
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe("MalformedInput");
    expect(reply.text).toContain("MinSize: 'x' is not a number");
  });

  it("keys of maps are keys and nothing else", async () => {
    const start = "Action=ActivateType&Version=2010-05-15";
    expect((await form(`${start}&LoggingConfig.LogRoleArn=arn:aws:iam::123456789012:role/a&LoggingConfig.LogGroupName=b&__proto__.polluted=1`, "cloudformation")).status).toBe(200);
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });
});

describe("JSON", () => {
  it.each([
    ["half a document", '{"Name":'],
    ["a list", "[]"],
    ["a number", "1"],
    ["null", "null"],
    ["a number for a text", '{"Name":1,"Value":"x"}'],
    ["a text for a boolean", '{"Name":"x","Value":"x","Overwrite":"true"}'],
    ["a structure for a list", '{"Name":"x","Value":"x","Tags":{}}'],
    ["a list for a structure", '{"Name":"x","Value":"x","Tags":[[]]}'],
    ["a well-formed document a thousand levels deep", `{"Name":"x","Value":"x","Other":${"[".repeat(1000)}${"]".repeat(1000)}}`],
    ["a hundred thousand brackets", "[".repeat(100_000)],
    ["a hundred thousand braces", '{"a":'.repeat(100_000)],
  ])("%s is a SerializationException", async (_what, body) => {
    const reply = await json(body);
    expect(reply.status).toBe(400);
    expect(codeOf(reply)).toBe("SerializationException");
    expect(fixture.calls).toEqual([]);
  });

  it("bytes that are not UTF-8 are refused", async () => {
    expect(codeOf(await json(Uint8Array.from([0x7b, 0x22, 0xff, 0x22, 0x7d])))).toBe("SerializationException");
  });

  it("names the path to the value", async () => {
    const reply = await json('{"Name":"x","Value":"x","Tags":[{"Key":"a","Value":"b"},{"Key":{},"Value":"b"}]}');
    expect(JSON.parse(reply.text).message).toBe("Tags.2.Key: object value '{}' can't be converted to a string");
  });

  it("brackets in a text are text", async () => {
    expect((await json(JSON.stringify({ Name: "x", Value: `"\\${"[".repeat(1000)}` }))).status).toBe(200);
  });

  it("members that are not the object's own are not read", async () => {
    const reply = await json('{"__proto__":{"Name":"x","Value":"x"}}');
    expect(codeOf(reply)).toBe("ValidationException");
  });

  it("keys of maps are keys and nothing else", async () => {
    const body = '{"DocumentName":"doc","Parameters":{"__proto__":["x"],"constructor":["y"]}}';
    expect((await json(body, "AmazonSSM.SendCommand")).status).toBe(200);
    const parameters = fixture.calls[0]!.input["Parameters"] as Record<string, unknown>;
    expect(Object.getPrototypeOf(parameters)).toBeNull();
    expect(Object.keys(parameters)).toEqual(["__proto__", "constructor"]);
  });

  it("an operation that nobody has is an UnknownOperationException", async () => {
    for (const operation of ["Bogus", "constructor", ""]) {
      expect(codeOf(await json("{}", `AmazonSSM.${operation}`))).toBe("UnknownOperationException");
    }
  });
});

describe("requests", () => {
  it("larger than four mebibytes are refused, with and without a declared length", async () => {
    const large = Buffer.alloc(4 * 1024 * 1024 + 1, "a");
    for (const reply of [await json(large), await form(large)]) {
      expect(reply.status).toBe(413);
      expect(codeOf(reply)).toBe("RequestEntityTooLarge");
    }
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(large);
        controller.close();
      },
    });
    const reply = await fetch(fixture.url, { method: "POST", body: stream, duplex: "half" } as RequestInit);
    expect(reply.status).toBe(413);
    expect(fixture.calls).toEqual([]);
  });

  it("that break off are not carried out", async () => {
    const socket = connect(fixture.port, "127.0.0.1");
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.write("POST / HTTP/1.1\r\nhost: ec2.x\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nAction=DescribeVpcs");
    socket.end();
    socket.resume();
    await closed;
    expect(fixture.calls).toEqual([]);
    expect((await form("Action=DescribeVpcs&Version=2016-11-15")).status).toBe(200);
  });

  it("for services that aren't here say so", async () => {
    const dynamodb = await json("{}", "DynamoDB_20120810.ListTables");
    expect(dynamodb.status).toBe(501);
    expect(dynamodb.text).toContain("ListTables");
    const unknownVersion = await form("Action=DescribeTargetGroups&Version=2031-12-01", "elasticloadbalancing");
    expect(unknownVersion.status).toBe(501);
    expect(unknownVersion.text).toContain("elasticloadbalancing 2031-12-01:DescribeTargetGroups");
    const express = await form("", "s3express");
    expect(express.status).toBe(501);
    expect(express.text).toContain("<Error><Code>NotImplemented</Code>");
    const lambda = await form("", "lambda");
    expect(lambda.status).toBe(501);
    expect(lambda.type).toBe("application/json");
    expect(lambda.errorType).toBe("NotImplemented");
  });

  it("with other methods are refused", async () => {
    for (const method of ["PUT", "DELETE", "OPTIONS", "PATCH"]) {
      const reply = await fetch(fixture.url, { method, headers: { "x-amz-target": "AmazonSSM.GetParameter" } });
      expect(reply.status).toBe(405);
    }
  });

  it("in a query string are carried out like those in a body", async () => {
    const reply = await fetch(`${fixture.url}/?Action=DescribeVpcs&Version=2016-11-15&VpcId.1=vpc-1`);
    expect(reply.status).toBe(200);
    expect(reply.headers.get("x-amzn-requestid")).toBe(fixture.calls[0]!.requestId);
    expect(fixture.calls[0]!.input).toEqual({ VpcIds: ["vpc-1"] });
  });
});

describe("noise", () => {
  const word = fc.oneof(
    fc.constantFrom("Action", "Version", "Filter", "VpcId", "1", "2", "Name", "Value", "member", "entry", "__proto__", "constructor", "DryRun", "%", "Tags"),
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.string({ unit: "binary", maxLength: 6 }),
  );
  const value = fc.oneof(word, fc.constantFrom("", "true", "-1", "1e400", "%00", "%ff", "DescribeVpcs", "RunInstances", "2016-11-15", "2010-05-08", "2012-06-01"));
  const pair = fc.tuple(fc.array(word, { minLength: 1, maxLength: 5 }), value).map(([names, text]) => `${names.join(".")}=${text}`);
  const operation = fc.constantFrom(
    "Action=RunInstances&Version=2016-11-15&",
    "Action=CreateLoadBalancer&Version=2012-06-01&",
    "Action=CreateStack&Version=2010-05-15&",
    "Action=CreateRole&Version=2010-05-08&",
    "",
  );

  it("in a form is never an internal failure", async () => {
    await fc.assert(
      fc.asyncProperty(operation, fc.array(pair, { maxLength: 8 }), fc.constantFrom("ec2", "iam", "elasticloadbalancing", "cloudformation", "é"), async (start, pairs, service) => {
        const reply = await form(start + pairs.join("&"), /^\w+$/.test(service) ? service : "sts");
        expect([200, 400, 501]).toContain(reply.status);
      }),
      { numRuns: 200 },
    );
    expect(fixture.bugs).toEqual([]);
  });

  it("in JSON is never an internal failure", async () => {
    const target = fc.constantFrom("AmazonSSM.PutParameter", "AmazonSSM.SendCommand", "AmazonSSM.PutInventory", "AmazonSSM.GetInventory", "AmazonSSM.CreateDocument");
    const document = fc.oneof(
      fc.json({ maxDepth: 6 }),
      fc.object({ key: fc.constantFrom("Name", "Value", "Tags", "Filters", "Aggregators", "Parameters", "Items", "__proto__"), maxDepth: 5 }).map((object) => JSON.stringify(object)),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(target, document, async (name, body) => {
        const reply = await json(body, name);
        expect([200, 400]).toContain(reply.status);
      }),
      { numRuns: 200 },
    );
    expect(fixture.bugs).toEqual([]);
  });

  it("in headers and in the address is never an internal failure", async () => {
    const text = fc.string({ unit: fc.constantFrom(...Array.from("abcXYZ019-_/=,;.: %?&*")), maxLength: 40 });
    const authorization = fc.oneof(text, text.map((rest) => `AWS4-HMAC-SHA256 ${rest}`), text.map((rest) => `AWS4-HMAC-SHA256 Credential=${rest}, SignedHeaders=host, Signature=${"0".repeat(64)}`));
    const strict = await startFixture();
    try {
      await fc.assert(
        fc.asyncProperty(authorization, text, text, text, async (auth, date, target, address) => {
          const headers = { authorization: auth, "x-amz-date": date, ...(target.length % 2 ? { "x-amz-target": target } : {}) };
          const reply = await fetch(`${strict.url}/${encodeURI(address).replaceAll("%25", "%")}`, { method: "POST", headers, body: "Action=GetCallerIdentity&Version=2011-06-15" });
          expect([400, 401, 403, 404, 405, 501]).toContain(reply.status);
        }),
        { numRuns: 200 },
      );
      expect(strict.bugs).toEqual([]);
      expect(strict.calls).toEqual([]);
    } finally {
      await strict.close();
    }
  });
});
