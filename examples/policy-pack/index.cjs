// The policy pack. Pulumi requires it and waits for what it returns.
const { createJiti } = require("jiti");
const { PolicyPack } = require("@pulumi/policy");

module.exports = async () => {
  // The catalog of the project: TypeScript, which jiti loads without a build.
  const { default: catalog } = await createJiti(__filename).import("../own-catalog/catalog.mjs");
  const { policiesOf } = await import("./policies.mjs");
  new PolicyPack("console-vault", { enforcementLevel: "mandatory", policies: policiesOf(catalog) });
};
