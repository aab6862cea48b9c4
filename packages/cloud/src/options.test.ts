import { describe, expect, it } from "vitest";
import { REGIONS as REGIONS_OF_EC2 } from "@hakoniwa/services";
import { OPTIONS, readOptions, REGIONS, type OptionName } from "./options.js";

describe("options", () => {
  it("come from the command line, else from the environment, else from defaults", () => {
    expect(readOptions({}, {})).toMatchObject({ port: 4566, httpPort: 8080, httpsPort: 8443, region: "ap-northeast-1", dataplane: "linux", auth: "strict" });
    expect(readOptions({}, { HAKONIWA_PORT: "5000", HAKONIWA_DATAPLANE: "paper" })).toMatchObject({ port: 5000, dataplane: "paper" });
    expect(readOptions({ port: "6000" }, { HAKONIWA_PORT: "5000" }).port).toBe(6000);
  });

  it("offer the regions that EC2 has", () => {
    expect(REGIONS).toEqual(REGIONS_OF_EC2);
  });

  it.each([
    ["1", true],
    ["true", true],
    ["0", false],
    ["false", false],
    ["", false],
  ])("HAKONIWA_ALLOW_RESET=%s", (value, on) => {
    expect(readOptions({}, { HAKONIWA_ALLOW_RESET: value }).allowReset).toBe(on);
    expect(readOptions({ allowReset: true }, { HAKONIWA_ALLOW_RESET: value }).allowReset).toBe(true);
  });

  it("each has its own variable, which does the same as the option", () => {
    const given = { dataDir: "/d", port: "1", httpPort: "2", httpsPort: "3", region: "us-east-1", dataplane: "paper", timeScale: "60", auth: "open", durability: "power", allowReset: true } as const;
    expect(Object.keys(given).sort()).toEqual(Object.keys(OPTIONS).sort());
    const env = Object.fromEntries(Object.entries(given).map(([name, value]) => [OPTIONS[name as OptionName].variable, String(value)]));
    expect(readOptions({}, env)).toEqual(readOptions(given, {}));
    expect(readOptions(given, {})).toMatchObject({ ...given, port: 1, httpPort: 2, httpsPort: 3, timeScale: 60 });
  });

  it.each([
    [{ port: "0" }, /--port \(HAKONIWA_PORT\) is "0".*1 to 65535/],
    [{ port: "http" }, /"http"/],
    [{ httpPort: "70000" }, /--http-port/],
    [{ region: "mars-1" }, /--region .*"mars-1".*ap-northeast-1/],
    [{ dataplane: "docker" }, /linux or paper/],
    [{ timeScale: "-1" }, /--time-scale/],
    [{ port: "8080" }, /must differ/],
  ])("%j is refused with its name, value and what would be right", (given, message) => {
    expect(() => readOptions(given, {})).toThrow(message);
  });
});
