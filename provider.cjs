"use strict";
// What every resource of this package keeps in state as its provider: `require("console-vault/provider").provider(kind)`.
// That pair is a compatibility contract: `refresh` and `destroy` of an old state come here too.
// CommonJS because Pulumi's host reaches it with `require`; the work is behind one import, shared by concurrent calls.
let code;
const load = () => {
  code ??= import("./load.mjs").then(({ load }) => load("vault/provider/index"));
  return code;
};

/** @param {"folder" | "secretSet" | "migration" | "retirement"} kind */
exports.provider = (kind) => {
  let config;
  const call =
    (name) =>
    async (...args) =>
      (await load()).providers[kind][name](config, ...args);
  return {
    // Synchronous: the host caches a provider before it has awaited `configure`, so an await here would let a create through unconfigured.
    configure: (request) => {
      config = (key) => request.config.get(key);
    },
    check: call("check"),
    diff: call("diff"),
    create: call("create"),
    update: call("update"),
    read: call("read"),
    delete: call("delete"),
  };
};
