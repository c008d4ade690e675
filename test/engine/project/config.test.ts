import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readProject } from "../../../src/engine/project/project.js";
import { readStackFile, resolveConfig } from "../../../src/engine/project/stackConfig.js";

const directories: string[] = [];
afterEach(async () => {
  await Promise.all(directories.splice(0).map((directory) => rm(directory, { recursive: true })));
});

const head = "name: proj\nruntime: nodejs\n";

async function located(project: string, stackFile = "", program = "index.js") {
  const projectDir = await mkdtemp(join(tmpdir(), "engine-project-"));
  directories.push(projectDir);
  await writeFile(join(projectDir, "Pulumi.yaml"), head + project);
  await writeFile(join(projectDir, "Pulumi.dev.yaml"), stackFile);
  await mkdir(join(projectDir, "app"));
  await writeFile(join(projectDir, "app", program), "");
  return { projectDir, stack: "dev" };
}

async function config(project: string, stackFile = "") {
  const { config: declared, name, stackFile: path } = await readProject(await located(project, stackFile));
  const decrypt = (text: string) => {
    if (!text.startsWith("v1:")) throw new Error("not a ciphertext");
    return text.slice(3);
  };
  return resolveConfig(await readStackFile(path, name), declared, decrypt, "dev");
}

const values = async (project: string, stackFile = "") =>
  Object.fromEntries([...(await config(project, stackFile))].map(([key, { value }]) => [key, value]));

describe("the project's config section", () => {
  it("gives a stack the values that its file leaves out", async () => {
    const declared = `config:
  short: abc
  list: [a, 1, {b: true}]
  typed: {type: integer, default: 7}
  numbers: {type: array, items: {type: integer}, default: [1, 2]}
  other:name: {value: 5}
  fixed: {value: {deep: [1]}}
`;
    expect(await values(declared, "config: {proj:typed: '8'}")).toEqual({
      "proj:typed": "8",
      "proj:short": "abc",
      "proj:list": '["a",1,{"b":true}]',
      "proj:numbers": "[1,2]",
      "other:name": "5",
      "proj:fixed": '{"deep":[1]}',
    });
  });

  it.each<[string, string, string, RegExp]>([
    [
      "a key that nobody gives a value",
      "config: {key: {type: string}}",
      "",
      /no value for the configuration key proj:key.*pulumi config set proj:key/,
    ],
    [
      "an integer that is none",
      "config: {key: {type: integer}}",
      "config: {proj:key: '1.5'}",
      /not of the type integer/,
    ],
    [
      "a boolean that is none",
      "config: {key: {type: boolean}}",
      "config: {proj:key: 'yes'}",
      /not of the type boolean/,
    ],
    [
      "a string that is an object",
      "config: {key: {type: string}}",
      "config: {proj:key: {a: 1}}",
      /not of the type string/,
    ],
    ["an object that is a list", "config: {key: {type: object}}", "config: {proj:key: [1]}", /not of the type object/],
    [
      "a list of other items",
      "config: {key: {type: array, items: {type: array, items: {type: boolean}}}}",
      "config: {proj:key: [[true], [1]]}",
      /not of the type array<array<boolean>>/,
    ],
    ["a default of another type", "config: {key: {type: integer, default: x}}", "", /not of the type integer/],
    [
      "a secret in clear",
      "config: {key: {type: string, secret: true}}",
      "config: {proj:key: open}",
      /in clear.*config set --secret proj:key/,
    ],
    ["a list without a type of its items", "config: {key: {type: array}}", "", /array with the type of its items/],
    ["a type that there is not", "config: {key: {type: number}}", "", /must have the type string, integer/],
    ["both a value and a default", "config: {key: {value: 1, default: 2}}", "", /both a value and a default/],
    ["a type for another package's key", "config: {other:key: {type: string}}", "", /another namespace/],
    ["a path", "config: {a.b: {value: 1}}", "", /path into an object/],
  ])("refuses %s", async (_, declared, stackFile, message) => {
    await expect(config(declared, stackFile)).rejects.toThrow(message);
  });

  it("takes secret values where it asks for them, and never shows them", async () => {
    const declared = "config: {key: {type: integer, secret: true}}";
    expect(await values(declared, "config: {proj:key: {secure: 'v1:12'}}")).toEqual({ "proj:key": "12" });
    const wrong = config(declared, "config: {proj:key: {secure: 'v1:hush'}}");
    await expect(wrong).rejects.toThrow("not of the type integer");
    await expect(wrong).rejects.not.toThrow("hush");
  });
});

describe("a stack's configuration", () => {
  // As Pulumi CLI 3.260 gives them to a program.
  it.each<[string, string]>([
    ["abc", "abc"],
    ["yes", "yes"],
    ["True", "true"],
    ["~", ""],
    ['""', ""],
    ["'010'", "010"],
    ["1.10", "1.1"],
    ["3.0", "3"],
    ["010", "8"],
    ["089", "89"],
    ["0o10", "8"],
    ["0x10", "16"],
    ["-0x1F", "-31"],
    ["0b11", "3"],
    ["1_000", "1000"],
    ["+5", "5"],
    ["-0", "0"],
    ["1e3", "1000"],
    ["1e21", "1e+21"],
    ["0.00000001", "1e-8"],
    [".5", "0.5"],
    ["12345678901234567890", "12345678901234567890"],
    ["123456789012345678901234567890", "1.2345678901234568e+29"],
    ["1.2.3", "1.2.3"],
    ["-a", "-a"],
    ["1f", "1f"],
    ["1:30", "1:30"],
    ["{b: 1, a: [0x1F, ~, 1.50]}", '{"a":[31,null,1.5],"b":1}'],
    ["[]", "[]"],
    ["{}", "{}"],
  ])("reads %s as the CLI does", async (written, read) => {
    expect(await values("", `config:\n  proj:key: ${written}\n`)).toEqual({ "proj:key": read });
  });

  it.each<[string, string, RegExp]>([
    ["a date", "2020-01-01", /proj:key reads as a date: put it in quotes/],
    ["an infinity", ".inf", /put it in quotes/],
    ["an alias", "*there", /alias/i],
    [
      "another stack's secret",
      "{secure: other}",
      /proj:key was not encrypted with this stack's passphrase.*config set --secret proj:key/,
    ],
  ])("refuses %s", async (_, written, message) => {
    await expect(config("", `config:\n  proj:anchor: &there 1\n  proj:key: ${written}\n`)).rejects.toThrow(message);
  });

  it("is secret as a whole when a part of it is", async () => {
    const read = await config("", "config:\n  proj:key: {a: [{secure: 'v1:in'}, out]}\n  old:config:name: x\n");
    expect(read.get("proj:key")).toEqual({ value: '{"a":["in","out"]}', secret: true, object: true });
    expect(read.get("old:name")).toEqual({ value: "x", secret: false, object: false });
  });

  it.each<[string, string, RegExp]>([
    ["Pulumi ESC", "environment: [x]", /does not support "environment" \(Pulumi ESC\)/],
    ["a cloud's secrets provider", "secretsprovider: awskms://key/secret", /not with awskms:\/\/…/],
    ["an encrypted key", "encryptedkey: abc", /not with an encryptedkey/],
    ["broken YAML", "config: [", /not valid YAML/],
  ])("with %s is refused by name", async (_, stackFile, message) => {
    await expect(config("", stackFile)).rejects.toThrow(message);
  });
});

describe("Pulumi.yaml", () => {
  it("says where the program and the stacks' files are", async () => {
    const location = await located("main: app\nstackConfigDir: stacks\n");
    expect(await readProject(location)).toMatchObject({
      programDir: join(location.projectDir, "app"),
      entryPoint: ".",
      stackFile: join(location.projectDir, "stacks", "Pulumi.dev.yaml"),
    });
    const file = await located("main: app/start.js\n", "", "start.js");
    expect(await readProject(file)).toMatchObject({ programDir: join(file.projectDir, "app"), entryPoint: "start.js" });
    await expect(readProject(await located("main: gone\n"))).rejects.toThrow(
      /gone \(main of Pulumi.yaml\) does not exist/,
    );
  });

  it("says how the program is run", async () => {
    const options = "options: {refresh: always}\nbackend: {url: 'file://there'}\n";
    expect(await readProject(await located(options))).toMatchObject({
      alwaysRefresh: true,
      backendUrl: "file://there",
      nodeArgs: [],
      typescript: true,
    });
    const location = await located("");
    const runtime = "runtime: {name: nodejs, options: {nodeargs: '--inspect  --no-warnings', typescript: false}}";
    await writeFile(join(location.projectDir, "Pulumi.yaml"), `name: proj\n${runtime}\n`);
    expect(await readProject(location)).toMatchObject({ nodeArgs: ["--inspect", "--no-warnings"], typescript: false });
  });
});
