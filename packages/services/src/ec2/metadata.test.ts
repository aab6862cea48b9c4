import { expect, test } from "vitest";
import { metadataTree, type MetadataView } from "./metadata.js";

const view: MetadataView = {
  account: "123456789012",
  region: "ap-northeast-1",
  instanceId: "i-0123456789abcdef0",
  imageId: "ami-0123456789abcdef0",
  instanceType: "t3.micro",
  launchIndex: 0,
  launchTime: "2026-01-01T00:00:00Z",
  reservationId: "r-0123456789abcdef0",
  availabilityZone: "ap-northeast-1a",
  availabilityZoneId: "apne1-az4",
  rootDeviceName: "/dev/xvda",
  dataDevices: [],
  placementGroup: undefined,
  detailedMonitoring: false,
  instanceProfile: undefined,
  credentials: undefined,
  key: { name: "ann", publicKey: "ssh-rsa AAAA ann" },
  userData: undefined,
  tags: undefined,
  sign: (document) => `signed ${document.length}`,
  interfaces: [
    {
      id: "eni-1",
      deviceIndex: 0,
      macAddress: "02:00:00:00:00:01",
      addresses: [{ private: "10.0.0.5", public: "198.51.100.7" }],
      localHostname: "ip-10-0-0-5.ap-northeast-1.compute.internal",
      publicHostname: undefined,
      groups: [
        { id: "sg-1", name: "web" },
        { id: "sg-2", name: "ssh" },
      ],
      subnetId: "subnet-1",
      subnetCidr: "10.0.0.0/24",
      vpcId: "vpc-1",
      vpcCidrs: ["10.0.0.0/16"],
    },
  ],
};

test("an instance finds its key, addresses and place in its metadata (S2-17)", () => {
  expect(metadataTree(view)).toMatchObject({
    "meta-data/instance-id": "i-0123456789abcdef0",
    "meta-data/ami-id": "ami-0123456789abcdef0",
    "meta-data/hostname": "ip-10-0-0-5.ap-northeast-1.compute.internal",
    "meta-data/local-ipv4": "10.0.0.5",
    "meta-data/public-ipv4": "198.51.100.7",
    "meta-data/placement/availability-zone": "ap-northeast-1a",
    "meta-data/placement/region": "ap-northeast-1",
    "meta-data/public-keys/0/openssh-key": "ssh-rsa AAAA ann",
    "meta-data/security-groups": "web\nssh",
    "meta-data/network/interfaces/macs/02:00:00:00:00:01/subnet-id": "subnet-1",
    "meta-data/network/interfaces/macs/02:00:00:00:00:01/ipv4-associations/198.51.100.7": "10.0.0.5",
  });
  const document = metadataTree(view)["dynamic/instance-identity/document"]!;
  expect(metadataTree(view)["dynamic/instance-identity/signature"]).toBe(`signed ${document.length}`);
  expect(JSON.parse(document)).toMatchObject({ accountId: "123456789012", instanceId: view.instanceId, privateIp: "10.0.0.5", region: "ap-northeast-1" });
});

test("what an instance does not have is not in its metadata, rather than empty", () => {
  const tree = metadataTree({ ...view, key: undefined, interfaces: [{ ...view.interfaces[0]!, addresses: [{ private: "10.0.0.5", public: undefined }] }] });
  for (const path of ["meta-data/public-ipv4", "meta-data/public-hostname", "meta-data/public-keys/0/openssh-key", "meta-data/iam/info", "user-data"]) {
    expect(tree).not.toHaveProperty([path]);
  }
});

test("tags are shown only when the metadata options allow it", () => {
  expect(Object.keys(metadataTree(view)).filter((path) => path.includes("/tags/"))).toEqual([]);
  expect(metadataTree({ ...view, tags: [{ Key: "Name", Value: "web" }] })).toMatchObject({ "meta-data/tags/instance/Name": "web" });
});
