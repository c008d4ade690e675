"use strict";
// What every resource of this package keeps in state as its provider: `require("console-vault/provider").provider(kind)`.
// That pair is a compatibility contract: `refresh` and `destroy` of an old state come here too.
// CommonJS because Pulumi's host reaches it with `require`; the work is behind one import, shared by concurrent calls.
// Where a resource works is in its own inputs; credentials are in the environment, but for a Heroku key kept with the stack.
let code;
const load = () => {
  code ??= import("./load.mjs").then(({ load }) => load("provider/index"));
  return code;
};

/** @param {"folder" | "secretSet" | "migration" | "retirement"} kind */
exports.provider = (kind) => {
  let herokuKey;
  const call =
    (name) =>
    async (...args) => {
      const { providers, withHerokuKey } = await load();
      return withHerokuKey(herokuKey, () => providers[kind][name](...args));
    };
  return {
    // No wait: the host would hand out a provider that is not configured yet.
    configure: ({ config }) => {
      herokuKey = config.get("heroku:apiKey");
    },
    check: call("check"),
    diff: call("diff"),
    create: call("create"),
    update: call("update"),
    read: call("read"),
    delete: call("delete"),
  };
};
