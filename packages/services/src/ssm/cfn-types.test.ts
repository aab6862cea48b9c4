import { describeResourceTypes, type ResourceCase } from "../cloudformation/cases/testing.js";
import { ssm } from "./index.js";

const expires = (Timestamp: string) => JSON.stringify([{ Type: "Expiration", Version: "1.0", Attributes: { Timestamp } }]);

const cases: Readonly<Record<string, ResourceCase>> = {
  "AWS::SSM::Parameter": {
    minimal: { Type: "String", Value: "80" },
    maximal: {
      Name: "/app/port",
      Type: "String",
      Value: "80",
      Description: "Where it listens",
      AllowedPattern: "^\\d+$",
      DataType: "text",
      Tier: "Advanced",
      Policies: expires("2099-01-01T00:00:00.000Z"),
      Tags: { team: "four" },
    },
    changed: { Name: "/app/port", Type: "String", Value: "443", Tier: "Advanced", Tags: { env: "prod" } },
    replaced: { Name: "/app/door", Type: "String", Value: "80" },
    others: [{ Type: "StringList", Value: "80,443" }],
    // Neither another type nor the standard tier again can be had.
    lasting: ["Type", "Tier"],
    failing: { properties: { Name: "/app/port", Type: "String", Value: "eighty", AllowedPattern: "^\\d+$" }, says: "Parameter value, cannot be validated against allowedPattern" },
    drift: { by: ({ aws }, Name) => aws.ssm.PutParameter({ Name, Value: "8080", Overwrite: true }), at: "Value" },
  },
};

describeResourceTypes(ssm.resources, cases);
