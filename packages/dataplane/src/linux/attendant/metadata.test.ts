import { describe, expect, it } from "vitest";
import type { ServedInstance } from "./messages.js";
import { answerMetadata } from "./metadata.js";
import type { MetadataReply } from "./metadata.js";

const instance: ServedInstance = {
  metadata: {
    "meta-data/instance-id": "i-1",
    "meta-data/placement/region": "ap-northeast-1",
    "meta-data/public-keys/": "0=web",
    "meta-data/public-keys/0/openssh-key": "ssh-ed25519 AAAA",
    "dynamic/instance-identity/document": "{}",
  },
  options: { enabled: true, tokens: "optional", hopLimit: 1 },
  userData: Buffer.from("#!/bin/sh\n"),
};
const secret = Buffer.from("secret");
const NOW = 1_700_000_000_000;

function ask(
  request: { method?: string; url: string; headers?: Record<string, string> },
  more: { id?: string; now?: number; options?: Partial<ServedInstance["options"]> } = {},
): MetadataReply {
  const options = { ...instance.options, ...more.options };
  const context = { id: more.id ?? "i-1", instance: { ...instance, options }, secret, now: more.now ?? NOW };
  return answerMetadata(context, { method: "GET", headers: {}, ...request });
}

function token(ttl = "60"): string {
  const reply = ask({ method: "PUT", url: "/latest/api/token", headers: { "x-aws-ec2-metadata-token-ttl-seconds": ttl } });
  expect(reply.status).toBe(200);
  return String(reply.body);
}

const withToken = (value: string) => ({ url: "/latest/meta-data/instance-id", headers: { "x-aws-ec2-metadata-token": value } });

describe("the instance metadata service", () => {
  it("lists directories with a slash, except the topmost, and keeps a directory's own listing", () => {
    expect(ask({ url: "/latest/meta-data/" }).body).toBe("instance-id\nplacement/\npublic-keys/");
    expect(ask({ url: "/latest/meta-data/public-keys/" }).body).toBe("0=web");
    expect(ask({ url: "/latest/" }).body).toBe("dynamic\nmeta-data\nuser-data");
    expect(ask({ url: "/2021-07-15/meta-data/placement/region" }).body).toBe("ap-northeast-1");
    expect(ask({ url: "/latest/user-data" }).body).toEqual(instance.userData);
  });

  it("answers 404 for what is not there, also for names every object has", () => {
    for (const path of ["none", "meta-data/none", "meta-data/instance-id/", "constructor", "meta-data/__proto__"]) {
      expect(ask({ url: `/latest/${path}` }).status, path).toBe(404);
    }
  });

  it("refuses other methods with 405 and malformed paths with 400", () => {
    expect(ask({ method: "POST", url: "/latest/meta-data/" }).status).toBe(405);
    expect(ask({ method: "PUT", url: "/latest/meta-data/" }).status).toBe(405);
    expect(ask({ url: "/latest/api/token" }).status).toBe(405);
    expect(ask({ url: "/latest/%zz" }).status).toBe(400);
  });

  it("requires a token when told so, and checks one whenever it is given", () => {
    const required = { options: { tokens: "required" } } as const;
    expect(ask({ url: "/latest/meta-data/instance-id" }, required).status).toBe(401);
    expect(ask(withToken(token()), required).body).toBe("i-1");
    expect(ask(withToken("made-up")).status).toBe(401);
  });

  it("takes a token of this instance only, and only while it lives", () => {
    const mine = token("60");
    expect(ask(withToken(mine), { id: "i-2" }).status).toBe(401);
    expect(ask(withToken(mine), { now: NOW + 59_000 }).status).toBe(200);
    expect(ask(withToken(mine), { now: NOW + 60_000 }).status).toBe(401);
  });

  it("gives no token without a lifetime of 1 to 21,600 seconds, nor through a proxy", () => {
    const put = (headers: Record<string, string>) => ask({ method: "PUT", url: "/latest/api/token", headers }).status;
    for (const ttl of ["0", "21601", "-1", "1e3", "x", ""]) {
      expect(put({ "x-aws-ec2-metadata-token-ttl-seconds": ttl }), ttl).toBe(400);
    }
    expect(put({})).toBe(400);
    expect(put({ "x-aws-ec2-metadata-token-ttl-seconds": "21600" })).toBe(200);
    expect(put({ "x-aws-ec2-metadata-token-ttl-seconds": "60", "x-forwarded-for": "10.0.0.9" })).toBe(403);
  });

  it("answers nothing when it is disabled", () => {
    expect(ask({ url: "/latest/meta-data/" }, { options: { enabled: false } }).status).toBe(403);
  });
});
