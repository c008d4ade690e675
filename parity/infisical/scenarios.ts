// Every route of Infisical that the client calls: what it is for, and each way in which it says no.
import type { Scenario, Step } from "../scenario.js";
import {
  as,
  type Caller,
  type Context,
  createFolder,
  createSecret,
  createSecrets,
  deleteFolder,
  deleteSecret,
  deleteSecrets,
  elsewhere,
  getSecret,
  listFolders,
  listSecrets,
  logIn,
  status,
  updateSecret,
  updateSecrets,
  without,
} from "./operations.js";

export type Can = "approvals" | "imports" | "viewer";

const step = (
  name: string,
  ask: Step<Context, Caller>["ask"],
  keep?: Step<Context, Caller>["keep"],
): Step<Context, Caller> => ({ name, ask, ...(keep ? { keep } : {}) });

const folderId = (name: string) => ({
  as: name,
  from: (body: unknown) => (body as { folder?: { id?: unknown } } | undefined)?.folder?.id,
});

const nobodys = "00000000-0000-4000-8000-000000000000";

const login: Scenario<Context, Caller, Can> = {
  name: "login",
  steps: [
    step("status", status),
    step("a machine identity", logIn()),
    step(
      "a wrong client secret",
      logIn((own) => ({ ...own, clientSecret: nobodys })),
    ),
    step(
      "an unknown client id",
      logIn((own) => ({ ...own, clientId: nobodys })),
    ),
    step(
      "no client secret",
      logIn(({ clientId }) => ({ clientId })),
    ),
    step("a list without a token", as("nobody", listFolders("/"))),
    step("a list with a token that is none", as("stranger", listFolders("/"))),
    step("secrets without a token", as("nobody", listSecrets("/"))),
    step("a write without a token", as("nobody", createFolder("/", "nobodys"))),
  ],
};

const folders: Scenario<Context, Caller, Can> = {
  name: "folders",
  steps: [
    step("list of an empty root", listFolders("/")),
    step("create with missing parents", createFolder("/folders/deep", "leaf"), folderId("leaf")),
    step("create again", createFolder("/folders/deep", "leaf")),
    step("create a second", createFolder("/folders", "other"), folderId("other")),
    step("list", listFolders("/folders")),
    step("list with all below", listFolders("/folders", { recursive: "true" })),
    step("list of a missing folder", listFolders("/folders/missing")),
    step("list with a final slash", listFolders("/folders/")),
    step("list of a path with a blank", listFolders("/folders/a b")),
    step("list in an unknown environment", elsewhere({ environment: "nowhere" }, listFolders("/"))),
    step("list in an unknown project", elsewhere({ projectId: nobodys }, listFolders("/"))),
    step("create without a name", without("name", createFolder("/folders", "x"))),
    step("create with a blank in the name", createFolder("/folders", "a b")),
    step("create with a dot in the name", createFolder("/folders", "a.b")),
    step("create below a path with a blank", createFolder("/a b", "x")),
    step("create with a name of 256 characters", createFolder("/folders", "n".repeat(256))),
    step("create in an unknown environment", elsewhere({ environment: "nowhere" }, createFolder("/", "x"))),
    step("create in an unknown project", elsewhere({ projectId: nobodys }, createFolder("/", "x"))),
    step("put a secret into one", createSecret("/folders/other", { name: "INSIDE", value: "inside" })),
    step("delete an empty folder", deleteFolder("/folders/deep", "leaf")),
    step("delete it again", deleteFolder("/folders/deep", "leaf")),
    step("delete below a missing folder", deleteFolder("/folders/missing", "leaf")),
    step("delete one with a secret in it", deleteFolder("/folders", "other")),
    step("look whether it is still there", listFolders("/folders")),
    step("delete in an unknown environment", elsewhere({ environment: "nowhere" }, deleteFolder("/", "leaf"))),
  ],
};

const single: Scenario<Context, Caller, Can> = {
  name: "one secret",
  steps: [
    step("make its folder", createFolder("/", "one")),
    step("create", createSecret("/one", { name: "KEY", value: "first", comment: "why" })),
    step("create again", createSecret("/one", { name: "KEY", value: "second" })),
    step("read", getSecret("/one", "KEY")),
    step("update", updateSecret("/one", { name: "KEY", value: "second" })),
    step("update with the value that it has", updateSecret("/one", { name: "KEY", value: "second" })),
    step("read what was kept", getSecret("/one", "KEY")),
    step("update one that is missing", updateSecret("/one", { name: "MISSING", value: "first" })),
    step("read one that is missing", getSecret("/one", "MISSING")),
    step("read in a missing folder", getSecret("/one/missing", "KEY")),
    step("read in an unknown environment", elsewhere({ environment: "nowhere" }, getSecret("/one", "KEY"))),
    step("read in an unknown project", elsewhere({ projectId: nobodys }, getSecret("/one", "KEY"))),
    step("create without a value", createSecret("/one", { name: "NOVALUE" })),
    step("create in a missing folder", createSecret("/one/missing", { name: "KEY", value: "first" })),
    step("create at a path with a blank", createSecret("/a b", { name: "KEY", value: "first" })),
    step(
      "create in an unknown environment",
      elsewhere({ environment: "nowhere" }, createSecret("/", { name: "KEY", value: "first" })),
    ),
    step("create with an unknown tag", createSecret("/one", { name: "TAGGED", value: "first" }, { tagIds: [nobodys] })),
    step("create another", createSecret("/one", { name: "OTHER", value: "first" })),
    step("update the comment only", updateSecret("/one", { name: "OTHER", comment: "because" })),
    step("create with a colon in the name", createSecret("/one", { name: "A:B", value: "first" })),
    step("create with a name of 101 characters", createSecret("/one", { name: "N".repeat(101), value: "first" })),
    step("delete", deleteSecret("/one", "KEY")),
    step("delete again", deleteSecret("/one", "KEY")),
    step("delete in a missing folder", deleteSecret("/one/missing", "KEY")),
    step("create anew", createSecret("/one", { name: "KEY", value: "third" })),
  ],
};

const batch: Scenario<Context, Caller, Can> = {
  name: "batch",
  steps: [
    step("make its folder", createFolder("/", "batch")),
    step(
      "create two",
      createSecrets("/batch", [
        { name: "A", value: "a", comment: "why" },
        { name: "B", value: "b" },
      ]),
    ),
    step(
      "create one that is there and one that is not",
      createSecrets("/batch", [
        { name: "B", value: "b" },
        { name: "C", value: "c" },
      ]),
    ),
    step("create none", createSecrets("/batch", [])),
    step("create in a missing folder", createSecrets("/batch/missing", [{ name: "A", value: "a" }])),
    step("create without a value", createSecrets("/batch", [{ name: "NOVALUE" }])),
    step("create with a slash in the name", createSecrets("/", [{ name: "A/B", value: "a" }])),
    step(
      "update two",
      updateSecrets("/batch", [
        { name: "A", value: "c" },
        { name: "B", value: "d" },
      ]),
    ),
    step(
      "update one that is there and one that is not",
      updateSecrets("/batch", [
        { name: "A", value: "a" },
        { name: "MISSING", value: "b" },
      ]),
    ),
    step("update in a missing folder", updateSecrets("/batch/missing", [{ name: "A", value: "a" }])),
    step("list", listSecrets("/batch")),
    step("delete one that is there and one that is not", deleteSecrets("/batch", ["A", "MISSING"])),
    step("delete two", deleteSecrets("/batch", ["A", "B"])),
    step("list what is left", listSecrets("/batch")),
  ],
};

const lists: Scenario<Context, Caller, Can> = {
  name: "lists of secrets",
  steps: [
    step("make the folders", createFolder("/lists", "below")),
    step("put one in the folder", createSecrets("/lists", [{ name: "ABOVE", value: "above" }])),
    step("put one below", createSecrets("/lists/below", [{ name: "BELOW", value: "below" }])),
    step("make one beside it whose name begins with its name", createFolder("/", "lists2")),
    step("put one there", createSecrets("/lists2", [{ name: "BESIDE", value: "beside" }])),
    step("the folder", listSecrets("/lists")),
    step("with a final slash", listSecrets("/lists/")),
    step("with all below", listSecrets("/lists", { recursive: "true" })),
    step("a missing folder", listSecrets("/lists/missing")),
    step("a path with a blank", listSecrets("/lists/a b")),
    step("a path without its first slash", listSecrets("lists")),
    step("an unknown environment", elsewhere({ environment: "nowhere" }, listSecrets("/"))),
    step(
      "an unknown environment with all below",
      elsewhere({ environment: "nowhere" }, listSecrets("/", { recursive: "true" })),
    ),
    step("an unknown project", elsewhere({ projectId: nobodys }, listSecrets("/"))),
    step("a switch that is neither true nor false", listSecrets("/lists", { expandSecretReferences: "maybe" })),
  ],
};

/** What stands around a value, and what is kept of it. */
const around: readonly (readonly [string, (value: string) => string])[] = [
  ["blanks on both sides", (value) => `  ${value}  `],
  ["a line feed at its end", (value) => `${value}\n`],
  ["two line feeds at its end", (value) => `${value}\n\n`],
  ["a Windows line end", (value) => `${value}\r\n`],
  ["a line feed before it", (value) => `\n${value}`],
  ["quotes, a backslash and a dollar sign", (value) => `"${value}\\$'`],
];

const forms: Scenario<Context, Caller, Can> = {
  name: "forms of values",
  steps: [
    step("make the folder", createFolder("/", "forms")),
    ...around.map(([name, shape], index) =>
      step(name, createSecrets("/forms", [{ name: `FORM_${index}`, value: `form ${index}`, around: shape }])),
    ),
    step("an empty value", createSecrets("/forms", [{ name: "EMPTY", value: "nothing", around: () => "" }])),
    step("what is kept", listSecrets("/forms")),
  ],
};

const references: Scenario<Context, Caller, Can> = {
  name: "references",
  steps: [
    step("make the folder", createFolder("/", "references")),
    step("write a value", createSecrets("/references", [{ name: "HOST", value: "host" }])),
    step(
      "write a reference to it",
      createSecrets("/references", [{ name: "LINK", value: "link", around: (value) => `${value} \${HOST}` }]),
    ),
    step("read it as stored", getSecret("/references", "LINK")),
    step("read it filled in", getSecret("/references", "LINK", { expandSecretReferences: "true" })),
    step("list it as stored", listSecrets("/references")),
    step("list it filled in", listSecrets("/references", { expandSecretReferences: "true" })),
  ],
};

const rights: Scenario<Context, Caller, Can> = {
  name: "rights of a viewer",
  needs: ["viewer"],
  steps: [
    step("make the folder", createFolder("/", "rights")),
    step("write a secret", createSecrets("/rights", [{ name: "KEY", value: "right" }])),
    step("the viewer reads it", as("viewer", getSecret("/rights", "KEY"))),
    step("the viewer makes a folder", as("viewer", createFolder("/rights", "more"))),
    step("the viewer creates a secret", as("viewer", createSecrets("/rights", [{ name: "MORE", value: "more" }]))),
    step("the viewer updates a secret", as("viewer", updateSecrets("/rights", [{ name: "KEY", value: "more" }]))),
    step("the viewer deletes a secret", as("viewer", deleteSecret("/rights", "KEY"))),
  ],
};

const approvals: Scenario<Context, Caller, Can> = {
  name: "approvals",
  needs: ["approvals"],
  prepare: async (context) => context.requireApproval?.("/approvals"),
  steps: [
    step("make the folder", createFolder("/", "approvals")),
    step("create one", createSecret("/approvals", { name: "KEY", value: "waiting" })),
    step("create several", createSecrets("/approvals", [{ name: "KEY", value: "waiting" }])),
    step("nothing is there yet", listSecrets("/approvals")),
  ],
};

export const scenarios: readonly Scenario<Context, Caller, Can>[] = [
  login,
  folders,
  single,
  batch,
  lists,
  forms,
  references,
  rights,
  approvals,
];
