Object.defineProperty(exports, "__esModule", { value: true });
const pulumi = require("@pulumi/pulumi");
const utilities = require("./utilities");

class Provider extends pulumi.ProviderResource {
  static isInstance(obj) {
    return obj !== undefined && obj !== null && obj.__pulumiType === `pulumi:providers:${Provider.__pulumiType}`;
  }

  constructor(name, args, opts) {
    // What is not a string travels as JSON.
    const resourceInputs = {
      apiKey: args?.apiKey,
      customizations: pulumi.output(args?.customizations).apply(JSON.stringify),
      delays: pulumi.output(args?.delays).apply(JSON.stringify),
      email: args?.email,
      headers: args?.headers,
      timeouts: pulumi.output(args?.timeouts).apply(JSON.stringify),
      url: args?.url,
    };
    opts = pulumi.mergeOptions(utilities.resourceOptsDefaults(), opts || {});
    super(Provider.__pulumiType, name, resourceInputs, opts, false /* dependency */, utilities.getPackage());
  }
}
Provider.__pulumiType = "heroku";
exports.Provider = Provider;
