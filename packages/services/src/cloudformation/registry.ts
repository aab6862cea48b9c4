/** The resource types that stacks may have: a behaviour from a service and a schema from AWS's registry each. */
import { registrySchemas, type Resource, type Schemas } from "@hakoniwa/cloudformation";

export interface Registry {
  /** Only of types that have a behaviour too. */
  readonly schemas: Schemas;
  resource(type: string): Resource;
}

/** Read on first use, as services come into being one after another. */
export function createRegistry(resources: () => readonly Resource[], schemas: () => Schemas = registrySchemas): Registry {
  let types: ReadonlyMap<string, Resource> | undefined;
  let usable: Schemas | undefined;
  const all = (): ReadonlyMap<string, Resource> => (types ??= new Map(resources().map((resource) => [resource.type, resource])));
  return {
    get schemas() {
      usable ??= new Map([...schemas()].filter(([type]) => all().has(type)));
      return usable;
    },
    resource(type) {
      const found = all().get(type);
      if (!found) throw new Error(`no service defines ${type}`);
      return found;
    },
  };
}
