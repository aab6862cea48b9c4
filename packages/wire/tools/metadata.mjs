/** What a model needs to know beside its shapes; only a constructed client tells. */
import { isOperation, publicSchemas } from "./flatten.mjs";

const PROTOCOLS = { ec2Query: "ec2", awsQuery: "query", awsJson1_0: "json", awsJson1_1: "json", restJson1: "rest-json", restXml: "rest-xml" };

/** What SNS's notifications and letters link to: the SDK signs these, but AWS doesn't ask it. */
const LINKED = { sns: ["ConfirmSubscription", "Unsubscribe"] };

/** Operations that AWS takes without a signature, such as AssumeRoleWithWebIdentity. */
function unsignedOperations(id, config, sdk) {
  // Some providers resolve an endpoint, which has its own spelling of the region.
  const place = { region: "us-east-1", Region: "us-east-1", UseFIPS: false, UseDualStack: false, UseGlobalEndpoint: false };
  const schemeOf = (operation) => config.httpAuthSchemeProvider({ operation, ...place })[0]?.schemeId;
  return publicSchemas(sdk)
    .filter(isOperation)
    .map((schema) => schema[2])
    .filter((operation) => schemeOf(operation) === "smithy.api#noAuth" || LINKED[id]?.includes(operation));
}

/** The facts of a protocol that only a constructed client tells. */
export function metadataOf(id, sdk) {
  const name = Object.keys(sdk).find((key) => key.endsWith("Client") && key !== "__Client");
  const { config } = new sdk[name]({ region: "us-east-1", credentials: { accessKeyId: "none", secretAccessKey: "none" } });
  const settings = config.protocolSettings;
  const shapeId = config.protocol.getShapeId().split("#")[1];
  const protocol = PROTOCOLS[shapeId];
  if (!protocol) {
    throw new Error(`${id} speaks ${shapeId}, for which this package has no codec yet`);
  }
  return {
    id,
    protocol,
    jsonVersion: shapeId === "awsJson1_0" ? "1.0" : "1.1",
    signingName: config.defaultSigningName,
    version: config.apiVersion,
    namespace: settings.defaultNamespace,
    target: settings.serviceTarget,
    xmlns: settings.xmlNamespace ?? "",
    queryCompatible: settings.awsQueryCompatible === true,
    unsigned: unsignedOperations(id, config, sdk),
  };
}
