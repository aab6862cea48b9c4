import { assert, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { apiAddressOf } from "./api-names.js";
import { answerTime } from "./time.js";

const API = "192.0.2.10";
const S3 = "52.219.0.10";

describe("the names of the AWS API", () => {
  it("lead to the API, and those of S3 to the address that its prefix list holds", () => {
    for (const name of ["ssm.ap-northeast-1.amazonaws.com", "iam.amazonaws.com", "sts.amazonaws.com", "api.ecr.us-east-1.amazonaws.com", "lambda.ap-northeast-1.api.aws"]) expect(apiAddressOf(name)).toBe(API);
    for (const name of ["s3.amazonaws.com", "s3.ap-northeast-1.amazonaws.com", "s3-us-west-2.amazonaws.com", "my.bucket.s3.ap-northeast-1.amazonaws.com", "b.s3.dualstack.us-east-1.amazonaws.com", "b.s3.amazonaws.com"]) {
      expect(apiAddressOf(name)).toBe(S3);
    }
    expect(apiAddressOf("dynamodb.ap-northeast-1.amazonaws.com")).toBe("52.94.8.10");
  });

  it("are not those of what stands in the cloud", () => {
    for (const name of [
      "web-1.ap-northeast-1.elb.amazonaws.com", "ec2-198-51-100-6.ap-northeast-1.compute.amazonaws.com", "ssm.ap-northeast-1.amazonaws.com.evil.com",
      "notamazonaws.com", "b.s3-website-ap-northeast-1.amazonaws.com", "vpce-1-a.ssm.ap-northeast-1.vpce.amazonaws.com", "amazonaws.com",
    ]) expect(apiAddressOf(name)).toBeUndefined();
  });
});

describe("S1-70: the time service", () => {
  const question = (first: number) => Buffer.concat([Buffer.from([first, 0, 6, 0]), Buffer.alloc(36), Buffer.from("0123456789abcdef", "hex")]);

  it("tells the time in NTP's own form, and whose question it answers", () => {
    const answer = Buffer.from(answerTime(question(0x23), 1_700_000_000_500) ?? []);
    expect(answer.length).toBe(48);
    expect([answer[0], answer[1], answer[2]]).toEqual([0x24, 3, 6]);
    expect(answer.readUInt32BE(40) - 2_208_988_800).toBe(1_700_000_000);
    expect(answer.readUInt32BE(44) / 2 ** 32).toBe(0.5);
    expect(answer.subarray(24, 32).toString("hex")).toBe("0123456789abcdef");
  });

  it("answers clients alone, and survives any bytes", () => {
    expect(answerTime(question(0x24), 0)).toBeUndefined();
    expect(answerTime(question(0x23).subarray(0, 47), 0)).toBeUndefined();
    assert(property(uint8Array({ maxLength: 100 }), (bytes) => (answerTime(bytes, 1)?.length ?? 48) === 48));
  });
});
