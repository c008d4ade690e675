Object.defineProperty(exports, "__esModule", { value: true });
const pulumi = require("@pulumi/pulumi");
const utilities = require("./utilities");

class AppConfigAssociation extends pulumi.CustomResource {
  static get(name, id, state, opts) {
    return new AppConfigAssociation(name, state, { ...opts, id });
  }

  static isInstance(obj) {
    return obj !== undefined && obj !== null && obj.__pulumiType === AppConfigAssociation.__pulumiType;
  }

  constructor(name, argsOrState, opts) {
    const resourceInputs = {};
    opts = opts || {};
    if (opts.id) {
      const state = argsOrState;
      resourceInputs.appConfigAssociationId = state?.appConfigAssociationId;
      resourceInputs.appId = state?.appId;
      resourceInputs.sensitiveVars = state?.sensitiveVars;
      resourceInputs.vars = state?.vars;
    } else {
      const args = argsOrState;
      if (args?.appId === undefined && !opts.urn) {
        throw new Error("Missing required property 'appId'");
      }
      resourceInputs.appConfigAssociationId = args?.appConfigAssociationId;
      resourceInputs.appId = args?.appId;
      resourceInputs.sensitiveVars = args?.sensitiveVars ? pulumi.secret(args.sensitiveVars) : undefined;
      resourceInputs.vars = args?.vars;
    }
    opts = pulumi.mergeOptions(utilities.resourceOptsDefaults(), opts);
    opts = pulumi.mergeOptions(opts, { additionalSecretOutputs: ["sensitiveVars"] });
    super(
      AppConfigAssociation.__pulumiType,
      name,
      resourceInputs,
      opts,
      false /* dependency */,
      utilities.getPackage(),
    );
  }
}
AppConfigAssociation.__pulumiType = "heroku:index/appConfigAssociation:AppConfigAssociation";
exports.AppConfigAssociation = AppConfigAssociation;
