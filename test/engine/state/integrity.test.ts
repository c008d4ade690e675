import { describe, expect, it } from "vitest";
import { integrityProblem } from "../../../src/engine/embedded/state/integrity.js";
import { emptyResource, type ResourceState } from "../../../src/engine/embedded/state/resource.js";

const urn = (name: string) => `urn:pulumi:dev::p::t:m:T::${name}`;
const resource = (name: string, more: Partial<ResourceState> = {}): ResourceState => ({
  ...emptyResource,
  urn: urn(name),
  type: "t:m:T",
  custom: false,
  ...more,
});
const provider = resource("p", {
  urn: "urn:pulumi:dev::p::pulumi:providers:t::p",
  type: "pulumi:providers:t",
  custom: true,
  id: "1",
});

describe("a snapshot is sound", () => {
  it.each<[string, ResourceState[]]>([
    ["when it is empty", []],
    [
      "with parents, dependencies and providers in front of what needs them",
      [
        provider,
        resource("a"),
        resource("b", {
          parent: urn("a"),
          dependencies: [urn("a")],
          propertyDependencies: { x: [urn("a")] },
          deletedWith: urn("a"),
        }),
        resource("c", { custom: true, id: "c", provider: `${provider.urn}::1` }),
      ],
    ],
    [
      "with one resource of a URN and others that wait for their deletion",
      [resource("a"), resource("a", { delete: true }), resource("a", { delete: true })],
    ],
    [
      "with a deleted resource whose provider is gone, while its replacement is pending",
      [resource("a", { custom: true, id: "a", provider: `${provider.urn}::gone`, pendingReplacement: true })],
    ],
  ])("%s", (_, resources) => {
    expect(integrityProblem(resources)).toBeUndefined();
  });
});

describe("a snapshot is refused", () => {
  it.each<[string, ResourceState[], RegExp]>([
    ["when a parent is missing", [resource("b", { parent: urn("a") })], /has the parent .*::a, which is missing/],
    [
      "when a parent comes later",
      [resource("b", { parent: urn("a") }), resource("a")],
      /has the parent .*::a, which comes after it/,
    ],
    [
      "when a dependency is missing",
      [resource("b", { dependencies: [urn("a")] })],
      /depends on .*::a, which is missing/,
    ],
    [
      "when a property's dependency is missing",
      [resource("b", { propertyDependencies: { x: [urn("a")] } })],
      /with its property x, on/,
    ],
    ["when what it is deleted with is missing", [resource("b", { deletedWith: urn("a") })], /is deleted with/],
    [
      "when a provider is missing",
      [resource("b", { custom: true, id: "b", provider: `${provider.urn}::1` })],
      /unknown provider/,
    ],
    [
      "when a provider stands under another id",
      [provider, resource("b", { custom: true, id: "b", provider: `${provider.urn}::2` })],
      /unknown provider/,
    ],
    ["when a provider has no id", [{ ...provider, id: "" }], /has no id/],
    ["when a component has an id", [resource("a", { id: "1" })], /is a component but has an id/],
    ["when a URN stands twice", [resource("a"), resource("a")], /stands more than once/],
  ])("%s", (_, resources, problem) => {
    expect(integrityProblem(resources)).toMatch(problem);
  });
});
