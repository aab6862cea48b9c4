import { isAssembly, readAssembly } from "../assembly.js";
import { api } from "../api.js";
import { remove } from "../deploy.js";
import { describeStack } from "../follow.js";
import { columns, dim, optionsOf, speaker, UserError, yellow, type Given } from "../say.js";
import { runningOptions } from "./cloud.js";

/** @param what a stack's name, or the folder of a cloud assembly, whose stacks go in the reverse of their order */
export async function down(what: string, given: Given): Promise<void> {
  const say = speaker(given.json);
  const asked = optionsOf(given);
  const options = (await runningOptions(asked)) ?? asked;
  const listed = isAssembly(what) ? readAssembly(what, options).toReversed() : undefined;
  const stacks = listed ?? [{ stackName: what, region: undefined }];
  let gone = 0;
  for (const { stackName, region } of stacks) {
    const aws = api({ ...options, region: region ?? options.region });
    if (listed && !(await describeStack(aws, stackName))) continue;
    const kept = await remove(aws, stackName, say);
    gone += 1;
    for (const { LogicalResourceId: logicalId, ResourceType: type, PhysicalResourceId: physicalId } of kept) {
      say({ event: "kept", stackName, logicalId, type, physicalId }, undefined);
    }
    const rows = kept.map(({ LogicalResourceId: logicalId, ResourceType: type, PhysicalResourceId: physicalId = "" }) => [`  ${yellow(logicalId)}`, dim(type), physicalId]);
    if (rows.length > 0) say({ event: "retained", stackName, resources: kept.length }, ["kept, as the template's DeletionPolicy wants it:", ...columns(rows)].join("\n"));
    say({ event: "down", stackName }, `${stackName} is gone. The cloud goes on: \`./hakoniwa stop\` ends it.`);
  }
  if (listed && gone === 0) throw new UserError(`none of the stacks of ${what} is there: \`./hakoniwa status\` lists what there is`);
}
