/** Security Token Service: https://docs.aws.amazon.com/STS/latest/APIReference/ */
import { service } from "../define.js";
import { assumeRoleOperations } from "./assume-role.js";
import { stsFacts } from "./facts.js";
import { identity } from "./identity.js";
import { credentials } from "./state.js";
import { tokenOperations } from "./tokens.js";

export const sts = service({ id: "sts", global: true, tables: [credentials], operations: [identity, assumeRoleOperations, tokenOperations], facts: stsFacts });
