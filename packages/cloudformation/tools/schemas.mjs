/**
 * Cuts AWS's resource registry (`@aws-cdk/aws-service-spec`, 180 MB in memory) down to what the engine needs of the
 * resource types we implement: property types, which are required, which changes replace, and the attributes. Run by the
 * build; a stamp of the registry's version and this script makes a second run do nothing.
 *
 * A type in the output is a name ("string", "integer", "json", "tag" …) or `{ list }`, `{ map }`, `{ ref }`, `{ union }`.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The resource types whose behaviours the services' `cfn.ts` files define. */
const RESOURCES = {
  "AWS::AutoScaling": ["AutoScalingGroup", "LaunchConfiguration", "LifecycleHook", "ScalingPolicy", "ScheduledAction"],
  "AWS::CloudFormation": ["Stack", "WaitCondition", "WaitConditionHandle"],
  "AWS::CertificateManager": ["Certificate"],
  "AWS::CloudWatch": ["Alarm", "CompositeAlarm", "Dashboard"],
  "AWS::EC2": [
    "DHCPOptions",
    "EIP",
    "EIPAssociation",
    "FlowLog",
    "Instance",
    "InternetGateway",
    "KeyPair",
    "LaunchTemplate",
    "NatGateway",
    "NetworkAcl",
    "NetworkAclEntry",
    "NetworkInterface",
    "NetworkInterfaceAttachment",
    "PrefixList",
    "PlacementGroup",
    "Route",
    "RouteTable",
    "SecurityGroup",
    "SecurityGroupEgress",
    "SecurityGroupIngress",
    "SnapshotBlockPublicAccess",
    "Subnet",
    "SubnetCidrReservation",
    "SubnetNetworkAclAssociation",
    "SubnetRouteTableAssociation",
    "VPC",
    "VPCCidrBlock",
    "VPCDHCPOptionsAssociation",
    "VPCEndpoint",
    "VPCGatewayAttachment",
    "VPCPeeringConnection",
    "Volume",
    "VolumeAttachment",
  ],
  "AWS::ECR": ["Repository"],
  "AWS::ElasticLoadBalancing": ["LoadBalancer"],
  "AWS::ElasticLoadBalancingV2": ["Listener", "ListenerCertificate", "ListenerRule", "LoadBalancer", "TargetGroup"],
  "AWS::IAM": [
    "AccessKey",
    "Group",
    "GroupPolicy",
    "InstanceProfile",
    "ManagedPolicy",
    "Policy",
    "Role",
    "RolePolicy",
    "ServerCertificate",
    "ServiceLinkedRole",
    "User",
    "UserPolicy",
    "UserToGroupAddition",
  ],
  "AWS::Logs": ["LogGroup", "LogStream", "MetricFilter"],
  "AWS::S3": ["Bucket", "BucketPolicy"],
  "AWS::SNS": ["Subscription", "Topic", "TopicInlinePolicy", "TopicPolicy"],
  "AWS::SSM": ["Parameter"],
};

/** What CloudFormation takes though its registry tells nothing of it. */
const UNREGISTERED = {
  "AWS::CDK::Metadata": { properties: { Analytics: { type: "json" } }, types: {}, attributes: [] },
};

const require = createRequire(import.meta.url);
const script = fileURLToPath(import.meta.url);
const folder = join(dirname(script), "../schemas");
const output = join(folder, "schemas.json");
/** The names of all types that AWS has: what is not implemented is told from what is mistyped. */
const namesOutput = join(folder, "types.json");
const stampFile = join(folder, ".stamp");

function stamp() {
  const entry = require.resolve("@aws-cdk/aws-service-spec");
  const registry = JSON.parse(readFileSync(join(dirname(entry), "../package.json"), "utf8"));
  return createHash("sha256").update(registry.version).update(readFileSync(script)).digest("hex");
}

function cut() {
  const { loadAwsServiceSpecSync } = require("@aws-cdk/aws-service-spec");
  const db = loadAwsServiceSpecSync();
  const definitionOf = (type) => db.get("typeDefinition", type.reference.$ref);

  const typeOf = (type, used) => {
    switch (type.type) {
      case "array":
        return { list: typeOf(type.element, used) };
      case "map":
        return { map: typeOf(type.element, used) };
      case "ref":
        used.push(type);
        return { ref: definitionOf(type).name };
      case "union":
        return { union: type.types.map((part) => typeOf(part, used)) };
      default:
        return type.type;
    }
  };

  const propertiesOf = (properties, used) =>
    Object.fromEntries(
      Object.entries(properties).map(([name, property]) => {
        // The registry corrected some types over the years; templates written for the older ones are still accepted.
        const types = [property.type, ...(property.previousTypes ?? [])].map((type) => typeOf(type, used));
        return [
          name,
          {
            type: types.length === 1 ? types[0] : { union: types },
            ...(property.required ? { required: true } : {}),
            ...(property.causesReplacement && property.causesReplacement !== "no" ? { replaces: property.causesReplacement } : {}),
          },
        ];
      }),
    );

  const schemas = {};
  for (const [namespace, names] of Object.entries(RESOURCES)) {
    for (const name of names) {
      const resource = db.lookup("resource", "cloudFormationType", "equals", `${namespace}::${name}`).only();
      const used = [];
      const properties = propertiesOf(resource.properties, used);
      const attributes = Object.keys(resource.attributes);
      const types = {};
      for (let next = used.pop(); next; next = used.pop()) {
        const definition = definitionOf(next);
        if (types[definition.name]) continue;
        types[definition.name] = propertiesOf(definition.properties, used);
      }
      const tags = resource.tagInformation;
      schemas[resource.cloudFormationType] = {
        properties,
        types,
        attributes,
        ...(resource.primaryIdentifier?.length ? { identifier: resource.primaryIdentifier } : {}),
        ...(tags ? { tags: { property: tags.tagPropertyName, variant: tags.variant } } : {}),
      };
    }
  }
  return { schemas: { ...schemas, ...UNREGISTERED }, types: [...db.all("resource")].map((resource) => resource.cloudFormationType).sort() };
}

function write(file, value) {
  writeFileSync(`${file}.tmp`, JSON.stringify(value));
  renameSync(`${file}.tmp`, file);
}

const wanted = stamp();
if (!existsSync(output) || !existsSync(namesOutput) || !existsSync(stampFile) || readFileSync(stampFile, "utf8") !== wanted) {
  mkdirSync(folder, { recursive: true });
  const { schemas, types } = cut();
  write(output, schemas);
  write(namesOutput, types);
  writeFileSync(stampFile, wanted);
}
