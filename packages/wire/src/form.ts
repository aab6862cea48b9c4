/** `application/x-www-form-urlencoded` bodies and query strings, as a tree keyed by the dotted parts of their names. */

/** A form that can't be read at all; a single bad value is a MalformedValue. */
export class MalformedForm extends Error {
  override readonly name = "MalformedForm";
}

/** `A.1.B=x` is the text "x" at A → 1 → B. */
export interface FormNode {
  text?: string;
  children?: Map<string, FormNode>;
}

/** The deepest name that any of AWS's models needs has 14 parts. */
const MAX_DEPTH = 32;
const MAX_PARAMETERS = 20_000;

/** Characters that XML 1.0 can't carry, so that no reply could ever repeat them. */
// oxlint-disable-next-line no-control-regex
const NOT_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/;

function unescape(text: string): string {
  if (!text.includes("%") && !text.includes("+")) {
    return text;
  }
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    throw new MalformedForm(`'${text.slice(0, 100)}' is not percent-encoded UTF-8`);
  }
}

function child(parent: FormNode, name: string): FormNode {
  parent.children ??= new Map();
  let node = parent.children.get(name);
  if (!node) {
    node = {};
    parent.children.set(name, node);
  }
  return node;
}

/** Throws MalformedForm for bad percent-encoding, control characters, a repeated name, too many or too deep names. */
export function parseForm(body: string): FormNode {
  const root: FormNode = {};
  const pairs = body.split("&", MAX_PARAMETERS + 1);
  if (pairs.length > MAX_PARAMETERS) {
    throw new MalformedForm(`more than ${MAX_PARAMETERS} parameters`);
  }
  for (const pair of pairs) {
    if (pair === "") {
      continue;
    }
    const equals = pair.indexOf("=");
    const name = unescape(equals < 0 ? pair : pair.slice(0, equals));
    const text = equals < 0 ? "" : unescape(pair.slice(equals + 1));
    if (NOT_XML.test(text) || NOT_XML.test(name)) {
      throw new MalformedForm("a parameter contains a control character");
    }
    const parts = name.split(".", MAX_DEPTH + 1);
    if (parts.length > MAX_DEPTH) {
      throw new MalformedForm(`a parameter's name has more than ${MAX_DEPTH} parts`);
    }
    const node = parts.reduce(child, root);
    if (node.text !== undefined) {
      throw new MalformedForm(`the parameter '${name.slice(0, 100)}' is given more than once`);
    }
    node.text = text;
  }
  return root;
}

/** The text of one of a form's top-level parameters. */
export function formText(form: FormNode, name: string): string | undefined {
  return form.children?.get(name)?.text;
}
