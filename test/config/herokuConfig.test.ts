import { describe, expect, it } from "vitest";
import { checkHerokuConfig } from "../../src/config/index.js";

const check = (config: Record<string, unknown>, ...secrets: string[]) =>
  checkHerokuConfig(config, "prod", (key) => secrets.includes(key));

describe("the Heroku provider's own config of a stack", () => {
  it("may have an API key that is encrypted, or none", () => {
    check({});
    check({ "heroku:apiKey": "decrypted by the engine", "console-vault:root": "/MooseQuest" }, "heroku:apiKey");
  });

  it("may have nothing else, encrypted or not, and all of it is named at once without its values", () => {
    const config = { "heroku:apiKey": "value-1", "heroku:url": "value-2", "heroku:headers": "value-3" };
    expect(() => check(config, "heroku:url")).toThrow(
      /^Pulumi\.prod\.yaml cannot be used:\n {2}heroku:apiKey: is there in clear.*\n {2}heroku:url: .*\n {2}heroku:headers: /,
    );
    expect(() => check(config)).not.toThrow("value-");
  });
});
