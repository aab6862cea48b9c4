import { afterEach, beforeEach, expect, it } from "vitest";
import { createTestCloud, type TestCloud } from "../testing.js";

let cloud: TestCloud;
beforeEach(async () => {
  cloud = await createTestCloud();
});
afterEach(async () => {
  expect(cloud.logs).toEqual([]);
  await cloud.close();
});

it("a certificate tells twice a day how many days it has left, until it has none", async () => {
  const { CertificateArn } = await cloud.aws.acm.RequestCertificate({ DomainName: "www.example.com", ValidationMethod: "DNS", KeyAlgorithm: "EC_prime256v1" });
  const StartTime = new Date(cloud.now());
  const Dimensions = [{ Name: "CertificateArn", Value: CertificateArn! }];
  await cloud.advance("48h");
  const days = async (from: Date) => {
    const query = { Namespace: "AWS/CertificateManager", MetricName: "DaysToExpiry", Dimensions, StartTime: from, EndTime: new Date(cloud.now()), Period: 43_200, Statistics: ["Minimum", "SampleCount"] } as const;
    const { Datapoints } = await cloud.aws.cloudwatch.GetMetricStatistics(query);
    return [...Datapoints!].sort((one, other) => one.Timestamp!.getTime() - other.Timestamp!.getTime()).map(({ Minimum, SampleCount }) => [Minimum, SampleCount]);
  };
  expect(await days(StartTime)).toEqual([[198, 1], [198, 1], [197, 1], [197, 1]]);
  expect((await cloud.aws.cloudwatch.ListMetrics({ Namespace: "AWS/CertificateManager" })).Metrics).toMatchObject([{ MetricName: "DaysToExpiry", Dimensions }]);
  await cloud.advance("195d");
  const late = new Date(cloud.now());
  await cloud.advance("5d");
  expect((await days(late)).map(([least]) => least)).toEqual([1, 1, 0, 0]);
});
