/** Deletes parameters when their Expiration policies say so. */
import { reconciler, watch } from "../define.js";
import { newestOf } from "./lookup.js";
import { removeParameter } from "./parameters.js";
import { parameters, versions } from "./state.js";

export const expireParameters = reconciler({
  name: "ssm.expire-parameters",
  watches: [watch(versions, (version) => (version.policies.length > 0 ? [version.name] : []))],

  async reconcile({ id: name }, jobs) {
    const parameter = jobs.db(parameters).get(name);
    if (!parameter) return;
    const expiration = newestOf(jobs.db, name, parameter.version).policies.find((policy) => policy.type === "Expiration");
    if (!expiration) return;
    if (expiration.at > jobs.now) return { at: expiration.at };
    await jobs.write((db) => removeParameter(db, name));
  },
});
