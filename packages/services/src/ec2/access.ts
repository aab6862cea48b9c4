/** What EC2's network operations ask to be allowed: https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html */
import type { Access } from "@hakoniwa/kernel";
import type { Ec2Types } from "@hakoniwa/wire";
import type { Asked } from "../define.js";
import { computeArn } from "./taggable.js";

type Named = readonly [type: Ec2Types.ResourceType, id: string | undefined, otherwise?: string | undefined];

/**
 * Access to the resources that an input names, by their ids or otherwise: by a name, an address, an association. One that it leaves
 * out or creates, or that isn't there, stands as `*`.
 */
export function allows<In>(action: string, named: (input: In) => readonly Named[]): (input: In, asked: Asked) => Access {
  return (input, asked) => ({
    action: `ec2:${action}`,
    resources: named(input).map(([type, id, otherwise]) => computeArn(asked, type, givenOr(id, otherwise && asked.facts.ec2.named(type, otherwise)))),
  });
}

/** What is empty is not given. */
function givenOr(id: string | undefined, found: string | undefined): string {
  return [id, found].find((each) => each) ?? "*";
}
