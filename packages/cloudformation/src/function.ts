/** What an intrinsic function is. */
import type { Position } from "./errors.js";
import type { Path, UNKNOWN, Value, ValueMap } from "./value.js";

/** What functions may ask about the world around the template. */
export interface Scope {
  /** A parameter, pseudo parameter or resource; undefined for `AWS::NoValue`. */
  ref(name: string, path: Path): Value | undefined;
  getAtt(logicalId: string, attribute: string, path: Path): Value;
  condition(name: string, path: Path): boolean | typeof UNKNOWN;
  readonly mappings: ValueMap;
  /** Whether the functions of AWS::LanguageExtensions may be used. */
  readonly extended: boolean;
  importValue(name: string, path: Path): Value;
  availabilityZones(region: string, path: Path): Value;
  /** `ssm:name:version` of `{{resolve:ssm:name:version}}`. */
  dynamicReference(reference: string, path: Path): string;
  /** What `{{resolve:ssm-secure:…}}` may stand for until the resource is made: itself, where AWS allows it at all. */
  secureReference(reference: string, path: Path): string;
  /**
   * Told of every text before a function makes it. @param length in characters
   * @throws TemplateError when that is too much for one text, or for all of them together
   */
  write(length: number, path: Path): void;
  position(path: Path): Position | undefined;
  /** The parameters of a type, lists of it included; all when no type is given. Those without a value are left out. */
  parametersOf(type: string | undefined): readonly { readonly name: string; readonly type: string; readonly value: string | readonly string[] }[];
  /** What rules may ask of what a parameter names, such as the `VpcId` of a subnet. */
  parameterAttribute(type: string, value: string, attribute: string): string | undefined;
}

export type Argument = Value | undefined;

/** How a function is carried out: `arg` is what stands in the template, not evaluated yet. */
export type Intrinsic = (arg: Value, scope: Scope, path: Path, evaluate: Evaluate) => Argument;

/** Carries out what stands in a function's argument. */
export type Evaluate = (value: Value, scope: Scope, path: Path) => Argument;
