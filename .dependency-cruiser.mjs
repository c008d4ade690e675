// Which room of src may import which. Nothing reaches past a room's door: an index.ts, its own or that of a part of it.
// docs/architecture.md shows the same table; test/docs/architecture.test.ts compares them.

/** What a room may import, besides the files directly in src, which belong to every room. */
export const rooms = {
  catalog: [],
  resolver: ["catalog"],
  http: [],
  vault: ["catalog", "resolver", "http"],
  heroku: ["engine", "http"],
  config: ["catalog", "vault", "http"],
  migration: ["catalog", "resolver", "vault", "heroku", "config"],
  provider: ["catalog", "vault", "heroku", "migration"],
  program: ["catalog", "vault", "heroku", "config", "migration", "provider", "engine", "project"],
  rotation: ["catalog", "resolver", "vault", "heroku", "migration"],
  report: ["catalog", "resolver", "config", "migration", "engine"],
  project: ["catalog", "config"],
  flags: ["catalog"],
  engine: [],
  local: [],
};

/**
 * The program loads nothing of the engine that runs it; the resolver loads of the catalog only what it needs, and the project of
 * the config the name of a key.
 */
const doors = { engine: ["index", "provider", "work/program"], catalog: ["[^/]+"], config: ["index", "keys"] };

const fences = Object.entries(rooms).map(([room, imports]) => ({
  name: `${room} imports ${imports.join(", ") || "no other room"}`,
  severity: "error",
  from: { path: `^src/${room}/` },
  to: {
    path: "^src/[^/]+/",
    pathNot: [
      `^src/${room}/`,
      ...imports.flatMap((one) => (doors[one] ?? ["index", "[^/]+/index"]).map((door) => `^src/${one}/${door}\\.ts$`)),
    ],
  },
}));

export default {
  forbidden: [...fences, { name: "no cycle", severity: "error", from: { path: "^src/" }, to: { circular: true } }],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
  },
};
