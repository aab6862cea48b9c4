import { Cloudformation } from "@hakoniwa/wire";
import { operations } from "../define.js";
import { access } from "./access.js";
import { validationError } from "./errors.js";
import { findExport, importersOf } from "./find.js";
import { page } from "./pages.js";
import { stacks } from "./state.js";

export const exportOperations = operations(Cloudformation, {
  ListExports: {
    authorize: access("ListExports"),
    handle(ctx, input) {
      const all = ctx.db(stacks)
        .list()
        .filter((stack) => stack.status !== "DELETE_COMPLETE")
        .flatMap((stack) => stack.outputs.map((output) => ({ stack, output })))
        .filter(({ output }) => output.exportName !== undefined)
        .map(({ stack, output }) => ({ ExportingStackId: stack.id, Name: output.exportName!, Value: output.value }))
        .toSorted((a, b) => (a.Name < b.Name ? -1 : 1));
      const { items, next } = page(all, input, { key: (one) => one.Name });
      return { Exports: items, NextToken: next };
    },
  },

  ListImports: {
    authorize: access("ListImports"),
    handle(ctx, input) {
      const importers = importersOf(ctx.db, input.ExportName);
      if (!findExport(ctx.db, input.ExportName) || importers.length === 0) throw validationError(`Export '${input.ExportName}' is not imported by any stack.`);
      const { items, next } = page(importers.map((stack) => stack.name), input, { key: (name) => name });
      return { Imports: items, NextToken: next };
    },
  },
});
