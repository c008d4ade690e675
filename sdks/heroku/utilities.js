Object.defineProperty(exports, "__esModule", { value: true });
const runtime = require("@pulumi/pulumi/runtime");
const manifest = require("./package.json");

exports.getEnv = (...vars) => vars.map((name) => process.env[name]).find(Boolean);

exports.getVersion = () => manifest.version.replace(/^v/, "");

exports.resourceOptsDefaults = () => ({ version: exports.getVersion() });

/** Tells the engine which plugin provides this package, and with which parameter. The one place for that is package.json. */
exports.getPackage = async () =>
  runtime.registerPackage({
    baseProviderName: manifest.pulumi.name,
    baseProviderVersion: manifest.pulumi.version,
    baseProviderDownloadUrl: "",
    packageName: manifest.pulumi.parameterization.name,
    packageVersion: manifest.pulumi.parameterization.version,
    base64Parameter: manifest.pulumi.parameterization.value,
  });
