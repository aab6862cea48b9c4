/** events: what happened to stacks, oldest first. */
import type { AsyncAws } from "@hakoniwa/wire";
import { api } from "../api.js";
import { describeStack, LOOK_EVERY } from "../follow.js";
import { dim, optionsOf, speaker, UserError, type Given, type Say } from "../say.js";
import { lineOf, newEvents, type StackEvent } from "../stack-events.js";

/** @param stackName a stack's name, or the ARN of one that is gone; all that are there without */
export async function events(stackName: string | undefined, given: Given): Promise<void> {
  const aws = api(optionsOf(given));
  const say = speaker(given.json);
  if (stackName !== undefined && !(await describeStack(aws, stackName))) throw new UserError(`there is no stack "${stackName}": \`./hakoniwa status\` lists what there is`);
  // By its id a stack is found when it is gone, too.
  const watched = new Set<string>();
  const seen = new Set<string>();
  for (;;) {
    for (const id of await idsOf(aws, stackName)) watched.add(id);
    const all = await Promise.all([...watched].map((id) => newEvents(aws, id, seen)));
    const fresh = all.flat().sort((one, other) => one.Timestamp.getTime() - other.Timestamp.getTime());
    for (const event of fresh) {
      seen.add(event.EventId);
      tell(event, say);
    }
    if (!given.follow) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
  }
}

async function idsOf(aws: AsyncAws, stackName: string | undefined): Promise<readonly string[]> {
  if (stackName !== undefined) return [(await describeStack(aws, stackName))?.StackId ?? []].flat();
  const ids: string[] = [];
  let token: string | undefined;
  do {
    const { Stacks = [], NextToken } = await aws.cloudformation.DescribeStacks({ NextToken: token });
    ids.push(...Stacks.map(({ StackId = "" }) => StackId));
    token = NextToken;
  } while (token);
  return ids;
}

function tell(event: StackEvent, say: Say): void {
  const { StackName: stackName, LogicalResourceId: logicalId, ResourceType: type, ResourceStatus: status, PhysicalResourceId: physicalId, ResourceStatusReason: reason, Timestamp: time } = event;
  say({ event: "resource", time, stackName, logicalId, type, status, physicalId, reason }, `${dim(`${time.toISOString().slice(0, 19).replace("T", " ")}  ${stackName}`)}  ${lineOf(event, []) ?? ""}`);
}
