/** Of Node's `node:module`: what every `require` goes through. */
interface Loader {
  _load(request: string, parent: { filename?: string } | undefined, ...rest: unknown[]): unknown;
}

/**
 * From here on Pulumi's SDK gets some parts of itself once it asks for something in them. They are four fifths of what it loads, for what
 * few programs do: the TypeScript compiler, npm's resolver and what reads packages, to turn functions into text; the Automation API, to
 * drive the CLI; tracing; the comparison of versions. Everybody else in the process gets the same modules as ever.
 *
 * @param loader the default export of `node:module`. Nothing but this is used from outside, so that the function's own text works in
 * another process too
 */
export function loadPartsLater(loader: Loader): void {
  const later =
    /^(\.\/automation|@npmcli\/arborist|@opentelemetry\/api|fdir|normalize-package-data|semver|(\.{1,2}\/)+typescript-shim)$/;
  const sdk = /[\\/]@pulumi[\\/]pulumi[\\/](?!.*[\\/]node_modules[\\/])/;
  const load = loader._load;
  loader._load = function (request, parent, ...rest) {
    const asked = () => load.call(this, request, parent, ...rest) as object;
    if (!later.test(request) || !sdk.test(parent?.filename ?? "")) return asked();
    let part: object | undefined;
    const real = () => {
      part ??= asked();
      return part;
    };
    return new Proxy(Object.create(null) as object, {
      get: (_, key) => {
        // Asked when it is imported: the answer spares a copy of every export.
        if (key === "__esModule") return true;
        const found = real();
        return key === "default" && !Reflect.get(found, "__esModule") ? found : Reflect.get(found, key);
      },
      has: (_, key) => Reflect.has(real(), key),
      ownKeys: () => Reflect.ownKeys(real()),
      getOwnPropertyDescriptor: (_, key) => {
        const found = Reflect.getOwnPropertyDescriptor(real(), key);
        return found && { ...found, configurable: true };
      },
    });
  };
}
