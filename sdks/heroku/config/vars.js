Object.defineProperty(exports, "__esModule", { value: true });
const pulumi = require("@pulumi/pulumi");

const config = new pulumi.Config("heroku");
// Getters: a value is read when it is asked for, after the engine has handed over the stack's config.
const define = (name, get) => Object.defineProperty(exports, name, { enumerable: true, get });

for (const name of ["apiKey", "email", "headers", "url"]) define(name, () => config.get(name));
for (const name of ["customizations", "delays", "timeouts"]) define(name, () => config.getObject(name));
