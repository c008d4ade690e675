"use strict";
// What every resource of this package keeps in state as its provider: `require("console-vault/provider").provider(kind)`.
// That pair is a compatibility contract: `refresh` and `destroy` of an old state come here too.
// CommonJS because Pulumi's host reaches it with `require`; the work is behind one import, shared by concurrent calls.
// There is no `configure`: where a resource works is in its own inputs, and credentials are in the environment.
let code;
const load = () => {
  code ??= import("./load.mjs").then(({ load }) => load("provider/index"));
  return code;
};

/** @param {"folder" | "secretSet" | "migration" | "retirement"} kind */
exports.provider = (kind) => {
  const call =
    (name) =>
    async (...args) =>
      (await load()).providers[kind][name](...args);
  return {
    check: call("check"),
    diff: call("diff"),
    create: call("create"),
    update: call("update"),
    read: call("read"),
    delete: call("delete"),
  };
};
