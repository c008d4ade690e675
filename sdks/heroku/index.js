// The part of the SDK that `pulumi package add terraform-provider heroku/heroku 5.3.2` generates which is in use here: the same
// tokens, inputs, outputs and parameterization, as plain JavaScript with nothing to build. The generated one drops in over it.
Object.defineProperty(exports, "__esModule", { value: true });
const pulumi = require("@pulumi/pulumi");
const utilities = require("./utilities");
const { AppConfigAssociation } = require("./appConfigAssociation");
const { Provider } = require("./provider");

exports.AppConfigAssociation = AppConfigAssociation;
exports.Provider = Provider;
exports.config = require("./config");

// So that a resource that comes back from the engine as a reference is one of these classes again.
pulumi.runtime.registerResourceModule("heroku", "index/appConfigAssociation", {
  version: utilities.getVersion(),
  construct: (name, type, urn) => {
    if (type !== AppConfigAssociation.__pulumiType) throw new Error(`unknown resource type ${type}`);
    return new AppConfigAssociation(name, undefined, { urn });
  },
});
pulumi.runtime.registerResourcePackage("heroku", {
  version: utilities.getVersion(),
  constructProvider: (name, type, urn) => {
    if (type !== "pulumi:providers:heroku") throw new Error(`unknown provider type ${type}`);
    return new Provider(name, undefined, { urn });
  },
});
