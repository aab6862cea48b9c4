/** Where templates may name secrets: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-ssm-secure-strings.html */
import { validationError } from "./errors.js";
import { marksIn, type Marked } from "./marks.js";
import { isList, isMap, type Value, type ValueMap } from "./value.js";

const PLACES: ReadonlySet<string> = new Set(
  [
    "DirectoryService::MicrosoftAD/Properties/Password",
    "DirectoryService::SimpleAD/Properties/Password",
    "ElastiCache::ReplicationGroup/Properties/AuthToken",
    "IAM::User/Properties/LoginProfile/Password",
    "RDS::DBCluster/Properties/MasterUserPassword",
    "RDS::DBInstance/Properties/MasterUserPassword",
    "Redshift::Cluster/Properties/MasterUserPassword",
  ].map((place) => `AWS::${place}`),
);

/** @param place e.g. `AWS::IAM::User/Properties/LoginProfile/Password` */
export function takesSecrets(place: string): boolean {
  return PLACES.has(place);
}

const OPEN = "{{resolve:";
const SECURE = "ssm-secure:";

/**
 * The names (`name` or `name:version`) of the secrets that properties refer to, whoever wrote the reference: a parameter's value may hold one.
 * @param place where the properties are, such as `AWS::IAM::User/Properties`
 * @throws AwsError ValidationError for one where CloudFormation takes none
 */
export function secretsIn(properties: Value, place: string): readonly string[] {
  if (typeof properties === "string") {
    const names = marksIn(properties, OPEN, "}}").flatMap((part) => nameIn(part) ?? []);
    if (names.length > 0 && !takesSecrets(place)) throw validationError(`SSM Secure reference is not supported in: [${place}]`);
    return names;
  }
  if (isList(properties)) return properties.flatMap((item) => secretsIn(item, place));
  return isMap(properties) ? Object.entries(properties).flatMap(([name, item]) => secretsIn(item, `${place}/${name}`)) : [];
}

/** The properties with their secrets in place: what a resource is made from, and what is never written down. */
export function withSecrets(properties: ValueMap, secrets: ReadonlyMap<string, string>): ValueMap {
  const fill = (value: Value): Value => {
    if (typeof value === "string") return marksIn(value, OPEN, "}}").map((part) => (typeof part === "string" ? part : (secrets.get(nameIn(part) ?? "") ?? part.whole))).join("");
    if (isList(value)) return value.map(fill);
    return isMap(value) ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, fill(item)])) : value;
  };
  return fill(properties) as ValueMap;
}

/** @returns undefined for what is no reference to a secret */
function nameIn(part: string | Marked): string | undefined {
  return typeof part !== "string" && part.inside.startsWith(SECURE) && part.inside !== SECURE ? part.inside.slice(SECURE.length) : undefined;
}
