import type { Database, Reader } from "@hakoniwa/kernel";
import { groupBeingDeleted, groupNotFound, instanceNotManaged } from "./errors.js";
import { groups, members, type Group, type Member } from "./state.js";

/** @throws ValidationError when there is none */
export function findGroup(db: Reader | Database, name: string): Group {
  const group = db(groups).get(name);
  if (!group) throw groupNotFound(name);
  return group;
}

/** A group that may still be changed. */
export function findLivingGroup(db: Reader | Database, name: string): Group {
  const group = findGroup(db, name);
  if (group.deleting) throw groupBeingDeleted(name);
  return group;
}

export function membersOf(db: Reader | Database, group: string): readonly Member[] {
  return db(members).where("group", group);
}

/** @throws ValidationError when no group has it */
export function findMember(db: Reader | Database, instanceId: string): Member {
  const member = db(members).get(instanceId);
  if (!member) throw instanceNotManaged(instanceId);
  return member;
}

/** A member of this group. @throws ValidationError */
export function findMemberOf(db: Reader | Database, group: Group, instanceId: string): Member {
  const member = findMember(db, instanceId);
  if (member.group !== group.name) throw instanceNotManaged(instanceId);
  return member;
}
