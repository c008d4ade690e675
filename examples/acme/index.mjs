// The package's own program: it uses the catalog beside Pulumi.yaml.
export { default } from "console-vault/program";
