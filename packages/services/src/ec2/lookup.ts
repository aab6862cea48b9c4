/** Looking records up as requests name them. */
import type { Reader, Table } from "@hakoniwa/kernel";
import { missingParameter, notFound, type Kind } from "./errors.js";

/**
 * The record that a request names.
 * @param parameter how the request names it, for the error when it doesn't
 * @throws AwsError MissingParameter, or the kind's Malformed or NotFound
 */
export function need<R extends object, I extends string>(db: Reader, table: Table<R, I>, kind: Kind, id: string | undefined, parameter: string): R {
  if (!id) throw missingParameter(parameter);
  const found = db(table).get(id);
  if (!found) throw notFound(kind, id);
  return found;
}

/** The records that a Describe names, in the order of the table; all of them when it names none. */
export function named<R extends object, I extends string>(db: Reader, table: Table<R, I>, kind: Kind, ids: readonly string[] | undefined): readonly R[] {
  if (!ids || ids.length === 0) return db(table).list();
  return [...new Set(ids)].map((id) => need(db, table, kind, id, kind));
}
