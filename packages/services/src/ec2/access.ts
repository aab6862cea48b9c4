/** What EC2's network operations ask to be allowed: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
import type { Access } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Asked } from "../define.js";
import { computeArn } from "./taggable.js";

type Named = readonly [type: Ec2Types.ResourceType, id: string | undefined];

/** Access to the resources that an input names; one that it leaves out or creates stands as `*`. */
export function allows<In>(action: string, named: (input: In) => readonly Named[]): (input: In, asked: Asked) => Access {
  return (input, asked) => ({
    action: `ec2:${action}`,
    resources: named(input).map(([type, id]) => computeArn(asked, type, id ?? "*")),
  });
}
