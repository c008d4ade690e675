"use strict";
// A scenario's program, which is data, declared through the real SDK.
const { readFileSync } = require("node:fs");
const { join } = require("node:path");
const pulumi = require("@pulumi/pulumi");

const code = `exports.handler = () => require("node:module").createRequire(process.cwd() + "/")("./toy.cjs").provider();`;

class Thing extends pulumi.CustomResource {
  constructor(name, type, args, opts) {
    super(
      `pulumi-nodejs:dynamic/toy:${type}`,
      name,
      { ...args, result: undefined, secretResult: undefined, __provider: code },
      opts,
    );
  }
}
class Group extends pulumi.ComponentResource {}
class ToyProvider extends pulumi.ProviderResource {
  constructor(name, args, opts) {
    super("pulumi-nodejs", name, args, opts);
  }
}

/** @param {string} dir where program.json is */
exports.declare = (dir) => {
  const { resources, outputs, fail } = JSON.parse(readFileSync(join(dir, "program.json"), "utf8"));
  const made = {};
  const value = (json) => {
    if (Array.isArray(json)) return json.map(value);
    if (typeof json !== "object" || json === null) return json;
    if ("ref" in json) {
      const [name, key] = json.ref.split(".");
      return made[name][key];
    }
    if ("secret" in json) return pulumi.secret(value(json.secret));
    return Object.fromEntries(Object.entries(json).map(([key, element]) => [key, value(element)]));
  };
  const aliasOf = (alias) => {
    if (typeof alias !== "object" || !("parent" in alias)) return alias;
    return { ...alias, parent: alias.parent === "none" ? pulumi.rootStackResource : made[alias.parent] };
  };

  for (const { name, kind = "thing", type = "Thing", inputs = {}, options = {}, id } of resources) {
    const { parent, dependsOn, provider, deletedWith, aliases, ...plain } = options;
    const opts = { ...plain };
    if (parent !== undefined) opts.parent = made[parent];
    if (dependsOn !== undefined) opts.dependsOn = dependsOn.map((other) => made[other]);
    if (provider !== undefined) opts.provider = made[provider];
    if (deletedWith !== undefined) opts.deletedWith = made[deletedWith];
    if (aliases !== undefined) opts.aliases = aliases.map(aliasOf);
    if (kind === "group") made[name] = new Group("toy:index:Group", name, {}, opts);
    else if (kind === "provider") made[name] = new ToyProvider(name, value(inputs), opts);
    else if (kind === "reference") made[name] = new pulumi.StackReference(name, { name: inputs.name });
    else {
      if (id !== undefined) opts.id = id;
      made[name] = new Thing(name, type, { name, ...value(inputs) }, opts);
    }
  }
  for (const { name, kind, outputs: own } of resources)
    if (kind === "group") made[name].registerOutputs(value(own ?? {}));
  if (fail !== undefined) {
    const error = new pulumi.RunError(fail);
    error.stack = undefined;
    throw error;
  }
  return value(outputs ?? {});
};
