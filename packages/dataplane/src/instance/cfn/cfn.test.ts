/** What the helper scripts decide; `tests/walkthroughs/cfn-signals.test.ts` runs them in instances. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createApi, readDetail } from "./api.js";
import { runCommands } from "./commands.js";
import { orderOf } from "./config-sets.js";
import { Fetcher } from "./fetching.js";
import { valueAt } from "./get-metadata.js";
import { due, hooksIn } from "./hup.js";
import { readConfig, readHooks } from "./hup-config.js";
import { render } from "./mustache.js";
import { parseOptions } from "./options.js";
import { installPackages } from "./packages.js";
import { isDue, keepServices } from "./services.js";
import { decoded, outcome } from "./signal.js";
import { signed } from "./sigv4.js";
import { unpackSources } from "./sources.js";

/** A zip archive of one deflated file: its local header and data, the central directory, and the end of that. */
function zipOf(name: string, content: string): Buffer {
  const data = deflateRawSync(content);
  const head = (signature: number, length: number): Buffer => {
    const header = Buffer.alloc(length);
    header.writeUInt32LE(signature, 0);
    return header;
  };
  const local = head(0x04034b50, 30);
  local.writeUInt16LE(name.length, 26);
  const central = head(0x02014b50, 46);
  central.writeUInt16LE(8, 10);
  central.writeUInt32LE(data.length, 20);
  central.writeUInt16LE(name.length, 28);
  const end = head(0x06054b50, 22);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(30 + name.length + data.length, 16);
  return Buffer.concat([local, Buffer.from(name), data, central, Buffer.from(name), end]);
}

let folder: string;
const silent = (): void => undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "cfn-test-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("command lines", () => {
  const specs = { stack: { short: "s" }, exit: { short: "e" }, verbose: { short: "v", flag: true } };

  it("are read as people write them", () => {
    expect(parseOptions(["-v", "--stack=web", "-e", "1", "https://x"], specs)).toEqual({ options: { verbose: "true", stack: "web", exit: "1" }, rest: ["https://x"] });
    expect(parseOptions(["-sweb", "--", "-v"], specs)).toEqual({ options: { stack: "web" }, rest: ["-v"] });
  });

  it.each([[["--stak", "x"], "no such option: --stak"], [["--stack"], "--stack option requires 1 argument"], [["--verbose=1"], "does not take a value"], [["-x"], "no such option: -x"]])("%j is refused", (args, message) => {
    expect(() => parseOptions(args, specs)).toThrow(message);
  });
});

describe("cfn-signal", () => {
  it("makes an exit code, or what is said, a success or a failure", () => {
    expect([outcome({}), outcome({ "exit-code": "0" }), outcome({ "exit-code": "3" }), outcome({ success: "false" })]).toEqual([true, true, false, false]);
    expect(() => outcome({ "exit-code": "one" })).toThrow("option -e: invalid integer value: 'one'");
    expect(() => outcome({ success: "yes" })).toThrow("invalid choice: 'yes'");
  });

  it("takes a handle in base64 too", () => {
    const url = "https://bucket.s3.amazonaws.com/x?Signature=a%2Bb";
    expect([decoded(url), decoded(Buffer.from(url).toString("base64"))]).toEqual([url, url]);
    expect(() => decoded("nonsense")).toThrow("nonsense is no WaitConditionHandle URL");
  });
});

describe("config sets", () => {
  const config = (n: number): { commands: { [key: string]: number } } => ({ commands: { n } });
  const init = { configSets: { default: ["one", { ConfigSet: "more" }], more: ["two", "one"], round: [{ ConfigSet: "round" }], lost: ["three"] }, one: config(1), two: config(2), config: config(0) };

  it("are carried out in their order, sets within sets", () => {
    expect(orderOf(init, ["default"]).map(({ set, name }) => `${set}/${name}`)).toEqual(["default/one", "more/two", "more/one"]);
    expect(orderOf(init, ["more", "default"]).length).toBe(5);
  });

  it("are the config named config when there are none", () => {
    expect(orderOf({ config: config(0) }, ["default"]).map(({ name }) => name)).toEqual(["config"]);
  });

  it.each([["none", "No ConfigSet named none exists"], ["round", "in a circle: round -> round"], ["lost", "ConfigSet lost refers to Config three, which does not exist"]])("%s is refused", (name, message) => {
    expect(() => orderOf(init, [name])).toThrow(message);
  });
});

it("files' contexts fill in mustache templates", () => {
  const context = { name: "a<b", site: { port: 80 }, on: true, off: false, list: [{ n: 1 }, { n: 2 }] };
  expect(render("{{name}} {{{name}}} {{& name}} {{site.port}} {{missing}}.", context)).toBe("a&lt;b a<b a<b 80 .");
  expect(render("{{#on}}yes{{/on}}{{^on}}no{{/on}}{{#off}}no{{/off}}{{^off}}off{{/off}}{{! said }}", context)).toBe("yesoff");
  expect(render("{{#list}}{{n}}/{{site.port}} {{/list}}", context)).toBe("1/80 2/80 ");
  expect(() => render("{{#open}}", context)).toThrow("{{#open}} is not closed");
});

describe("commands", () => {
  const run = (commands: Parameters<typeof runCommands>[0]) => runCommands(commands, silent, silent);

  it("run in the order of their names, with their own environment and directory, where their test passes", async () => {
    const file = join(folder, "log");
    const ran = await run({
      "2": { command: ["/bin/sh", "-c", "echo two >> log"], cwd: folder },
      "1": { command: `echo "$WORD:$HOME" >> ${file}`, env: { WORD: "one" } },
      "3": { command: `echo three >> ${file}`, test: "exit 1" },
      "4": { command: "exit 7", ignoreErrors: true },
    });
    expect(ran).toEqual(["1", "2", "4"]);
    expect(readFileSync(file, "utf8")).toBe("one:\ntwo\n");
  });

  it("stop at the first that fails", async () => {
    await expect(run({ a: { command: "exit 3" }, b: { command: `touch ${folder}/b` } })).rejects.toThrow("Command a failed");
    expect(() => statSync(join(folder, "b"))).toThrow();
  });

  it("don't wait for what they leave behind", async () => {
    const began = performance.now();
    await run({ a: { command: "sleep 30 & echo done" } });
    expect(performance.now() - began).toBeLessThan(10_000);
  });
});

it("package and service managers that the image lacks are refused by name", async () => {
  await expect(installPackages({ apt: { nginx: [] } }, silent)).rejects.toThrow("Unsupported package manager: apt. This image has yum and dnf.");
  const nothing = { files: new Set<string>(), sources: new Set<string>(), packages: new Map(), commands: new Set<string>() };
  await expect(keepServices({ windows: { w3svc: {} } }, nothing, silent)).rejects.toThrow("Unsupported service manager: windows");
});

it("a service is due when something that it names changed", () => {
  const changes = { files: new Set(["/etc/a"]), sources: new Set<string>(), packages: new Map([["yum", ["httpd"]]]), commands: new Set(["01"]) };
  expect([{ files: ["/etc/a"] }, { packages: { yum: ["httpd"] } }, { commands: ["01"] }].map((options) => isDue(options, changes))).toEqual([true, true, true]);
  expect([{ files: ["/etc/b"] }, { packages: { yum: ["nginx"] } }, { sources: ["/srv"] }, {}].map((options) => isDue(options, changes))).toEqual([false, false, false, false]);
});

describe("cfn-hup", () => {
  const hook = "[reload]\ntriggers=post.update, post.add\npath=Resources.Web.Metadata.AWS::CloudFormation::Init\naction=/opt/aws/bin/cfn-init -s web\n  -r Web\nrunas=root\n";

  it("reads its configuration", () => {
    expect(readConfig("# said\n[main]\nstack = web\nregion=eu-west-1\ninterval=2\n")).toEqual({ stack: "web", options: { region: "eu-west-1" }, interval: 120_000 });
    expect(readHooks(hook)).toEqual([{ name: "reload", triggers: ["post.update", "post.add"], resource: "Web", path: "AWS::CloudFormation::Init", action: "/opt/aws/bin/cfn-init -s web\n-r Web", runAs: "root" }]);
  });

  it.each([["[main]\n", "must contain stack"], ["[main]\nstack=x\ninterval=0", "interval must be a positive number"], ["stack=x", "neither a section nor an option"]])("refuses %j", (text, message) => {
    expect(() => readConfig(text)).toThrow(message);
  });

  it("refuses hooks that lead nowhere", () => {
    expect(() => readHooks(hook.replace("Resources.Web", "Outputs.Web"))).toThrow("The path Outputs.Web.Metadata.AWS::CloudFormation::Init of hook reload must be Resources.LOGICALID.Metadata");
    expect(() => readHooks(hook.replace("post.add", "post.sleep"))).toThrow("The trigger post.sleep of hook reload");
  });

  it("reads hooks.conf and all of hooks.d", () => {
    mkdirSync(join(folder, "hooks.d"));
    writeFileSync(join(folder, "hooks.conf"), hook);
    writeFileSync(join(folder, "hooks.d/b.conf"), hook.replace("reload", "b"));
    writeFileSync(join(folder, "hooks.d/a.txt"), "not one");
    expect(hooksIn(folder).map(({ name }) => name)).toEqual(["reload", "b"]);
  });

  it("is set off by what came, changed or went", () => {
    const [reload] = readHooks(hook);
    const events = (before: unknown, now: unknown): readonly string[] => due([reload!], { reload: before }, { reload: now }).map(({ event }) => event);
    expect([events({ a: 1 }, { a: 2 }), events(undefined, { a: 1 }), events({ a: 1 }, undefined), events({ a: 1 }, { a: 1 })]).toEqual([["post.update"], ["post.add"], [], []]);
  });
});

it("metadata is found by dotted keys", () => {
  expect(valueAt({ a: { b: [1] } }, "a.b.0")).toBe(1);
  expect([valueAt({ a: 1 }, "a.b"), valueAt({}, "toString")]).toEqual([undefined, undefined]);
});

it("answers are read as JSON and as XML", () => {
  const xml = "<StackResourceDetail><Metadata>{&quot;a&quot;:&quot;&#x3c;&amp;&quot;}</Metadata><PhysicalResourceId>i-1</PhysicalResourceId></StackResourceDetail>";
  expect(readDetail(xml)).toEqual({ metadata: { a: "<&" }, physicalId: "i-1" });
  const json = { DescribeStackResourceResponse: { DescribeStackResourceResult: { StackResourceDetail: { Metadata: '{"a":1}', PhysicalResourceId: "i-1" } } } };
  expect(readDetail(JSON.stringify(json))).toEqual({ metadata: { a: 1 }, physicalId: "i-1" });
});

// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html: GET Bucket Lifecycle
it("signs as AWS's own example", () => {
  const headers = signed(
    { method: "GET", url: new URL("https://examplebucket.s3.amazonaws.com/?lifecycle"), headers: {}, body: "" },
    { accessKeyId: "AKIAIOSFODNN7EXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", sessionToken: undefined },
    { service: "s3", region: "us-east-1", at: new Date("2013-05-24T00:00:00Z") },
  );
  expect(headers["authorization"]).toMatch(/Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543$/);
});

describe("over HTTP", () => {
  const asked: IncomingMessage[] = [];
  let files: Readonly<Record<string, Buffer>> = {};
  const server = createServer((request, response) => {
    asked.push(request);
    const found = files[request.url ?? ""];
    if (found) response.end(found);
    else response.writeHead(request.url === "/api" ? 400 : 404).end("<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack &apos;x&apos; is no stack</Message></Error></ErrorResponse>");
  });
  let base = "";

  beforeEach(async () => {
    asked.length = 0;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise<void>((resolve) => server.close(() => resolve())));

  it("archives are unpacked, zip and tar alike", async () => {
    const from = join(folder, "from");
    mkdirSync(join(from, "sub"), { recursive: true });
    writeFileSync(join(from, "sub/page"), "hello ".repeat(1000));
    execFileSync("tar", ["-czf", join(folder, "a.tgz"), "-C", from, "."]);
    files = { "/a.tgz": readFileSync(join(folder, "a.tgz")), "/a.zip": zipOf("sub/page", "hello ".repeat(1000)) };
    const [zipped, tarred] = [join(folder, "zipped"), join(folder, "tarred")];
    await unpackSources({ [zipped]: `${base}/a.zip`, [tarred]: `${base}/a.tgz` }, new Fetcher(undefined), silent);
    for (const to of [zipped, tarred]) expect(readFileSync(join(to, "sub/page"), "utf8")).toBe("hello ".repeat(1000));
  });

  it("an archive writes nothing beside where it is unpacked", async () => {
    files = { "/evil.zip": zipOf("../evil", "x") };
    await expect(unpackSources({ [join(folder, "in")]: `${base}/evil.zip` }, new Fetcher(undefined), silent)).rejects.toThrow("../evil lies outside of");
    expect(() => statSync(join(folder, "evil"))).toThrow();
  });

  it("credentials go where their authentication says, and nowhere else", async () => {
    files = { "/open": Buffer.from("open"), "/closed/x": Buffer.from("closed") };
    const fetcher = new Fetcher({ own: { type: "basic", username: "ann", password: "secret", uris: [`${base}/closed/`] } });
    await fetcher.get(`${base}/open`);
    await fetcher.get(`${base}/closed/x`);
    expect(asked.map((request) => request.headers.authorization)).toEqual([undefined, `Basic ${Buffer.from("ann:secret").toString("base64")}`]);
    await expect(fetcher.get(`${base}/missing`)).rejects.toThrow("HTTP Error 404");
    await expect(fetcher.get("file:///etc/passwd")).rejects.toThrow("is no http or https address");
  });

  it("what CloudFormation refuses is told in its words, at once", async () => {
    const api = await createApi({ options: { region: "ap-northeast-1", url: `${base}/api`, "access-key": "AKIA", "secret-key": "s" } });
    await expect(api.describe("x", "Web")).rejects.toThrow("ValidationError: Stack 'x' is no stack");
    expect(asked.length).toBe(1);
    expect(asked[0]!.headers.authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIA\/\d{8}\/ap-northeast-1\/cloudformation\/aws4_request/);
  });
});
