// Loads Pulumi's SDK for a program in this process. Two thirds of what the SDK loads is for turning functions into text (the
// TypeScript compiler, npm's resolver) and for driving the CLI, which a program that runs here does not do: that is loaded where it is
// used, and never otherwise.
import { createRequire } from "node:module";

const own = createRequire(import.meta.url);

/** As the SDK itself asks for them. */
const later = ["./typescript-shim", "./automation", "@npmcli/arborist"];

/** Loads the SDK, unless it is loaded already. */
export function loadSdk(): void {
  const sdk = createRequire(own.resolve("@pulumi/pulumi"));
  const files = later.map((name) => sdk.resolve(name)).filter((file) => own.cache[file] === undefined);
  // Node's documented way to give `require` something else, for as long as the SDK loads: whoever asks next gets the real one.
  for (const file of files) own.cache[file] = standIn(file, () => sdk(file));
  try {
    own("@pulumi/pulumi");
  } finally {
    for (const file of files) delete own.cache[file];
  }
}

/** A module that loads `file` once something in it is asked for. */
function standIn(file: string, load: () => object): NodeJS.Module {
  let loaded: object | undefined;
  const real = () => {
    loaded ??= load();
    return loaded;
  };
  const exports = new Proxy(Object.create(null) as object, {
    // Asked when it is imported: the answer spares a copy of every export.
    get: (_, key) => (key === "__esModule" ? true : Reflect.get(real(), key)),
    has: (_, key) => Reflect.has(real(), key),
    ownKeys: () => Reflect.ownKeys(real()),
    getOwnPropertyDescriptor: (_, key) => {
      const descriptor = Reflect.getOwnPropertyDescriptor(real(), key);
      return descriptor && { ...descriptor, configurable: true };
    },
  });
  return {
    id: file,
    filename: file,
    path: "",
    loaded: true,
    exports,
    children: [],
    paths: [],
  } as unknown as NodeJS.Module;
}
