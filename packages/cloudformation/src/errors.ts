/** Errors about templates, worded as CloudFormation words them. */
import { AwsError } from "@hakoniwa/kernel";
import { pointer, type Path } from "./value.js";

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1. */
  readonly column: number;
}

export function validationError(message: string): AwsError {
  return new AwsError("ValidationError", message);
}

/** The text is not a template. */
export function formatError(message: string, position?: Position): AwsError {
  return validationError(`Template format error: ${message}${position ? ` (line ${position.line}, column ${position.column})` : ""}`);
}

/** Where in a template something stands, as errors tell it. */
export function place(path: Path, position: Position | undefined): string {
  return `[${pointer(path)}${position ? `, line ${position.line}, column ${position.column}` : ""}]`;
}

/** Something in the template is wrong; says where. */
export class TemplateError extends AwsError {
  readonly path: Path;
  readonly text: string;

  constructor(text: string, path: Path = [], position?: Position) {
    super("ValidationError", path.length === 0 ? text : `${text} ${place(path, position)}`);
    this.text = text;
    this.path = path;
  }
}

export function templateError(message: string, path: Path, position?: Position): TemplateError {
  return new TemplateError(`Template error: ${message}`, path, position);
}
