// A URN is `urn:pulumi:<stack>::<project>::<parent types $ type>::<name>`; the name may contain anything, `::` included.
export const rootStackType = "pulumi:pulumi:Stack";
const providerPrefix = "pulumi:providers:";

export interface UrnParts {
  stack: string;
  project: string;
  /** The types of all parents and the own one, joined by `$`. */
  qualifiedType: string;
  type: string;
  name: string;
}

export function parseUrn(urn: string): UrnParts {
  const [head = "", project = "", qualifiedType = "", ...name] = urn.split("::");
  return {
    stack: head.replace(/^urn:pulumi:/, ""),
    project,
    qualifiedType,
    type: qualifiedType.slice(qualifiedType.lastIndexOf("$") + 1),
    name: name.join("::"),
  };
}

/** @param parent URN of the parent, or "" — the stack itself does not show in the URNs of its children. */
export function makeUrn(stack: string, project: string, parent: string, type: string, name: string): string {
  const parentType = parent === "" ? "" : parseUrn(parent).qualifiedType;
  const qualified = parentType === "" || parentType === rootStackType ? type : `${parentType}$${type}`;
  return `urn:pulumi:${stack}::${project}::${qualified}::${name}`;
}

export const urnName = (urn: string): string => parseUrn(urn).name;
export const urnType = (urn: string): string => parseUrn(urn).type;

export const isProviderType = (type: string): boolean => type.startsWith(providerPrefix);
export const providerType = (pkg: string): string => providerPrefix + pkg;
/** `pulumi:providers:heroku` → `heroku`. */
export const providerPackage = (type: string): string => type.slice(providerPrefix.length);
/** `heroku:index/app:App` → `heroku`. */
export const typePackage = (type: string): string => type.slice(0, type.indexOf(":"));
export const isDefaultProvider = (urn: string): boolean =>
  isProviderType(urnType(urn)) && /^default(_|$)/.test(urnName(urn));

export interface ProviderReference {
  urn: string;
  id: string;
}
export const formatReference = (ref: ProviderReference): string => `${ref.urn}::${ref.id}`;
export function parseReference(text: string): ProviderReference {
  const at = text.lastIndexOf("::");
  return { urn: text.slice(0, at), id: text.slice(at + 2) };
}
