/** Security Token Service: https://docs.aws.amazon.com/STS/latest/APIReference/ */
import { service } from "../define.js";
import { stsFacts } from "./facts.js";
import { identity } from "./identity.js";
import { sessionOperations } from "./sessions.js";
import { credentials } from "./state.js";

export const sts = service({ id: "sts", global: true, tables: [credentials], operations: [identity, sessionOperations], facts: stsFacts });
