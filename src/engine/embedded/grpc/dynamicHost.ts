import type { ServiceError } from "@grpc/grpc-js";
import { EngineError } from "../../port.js";
import { type Diff, ProviderError } from "../deploy/plugin.js";
import { BarePartialError, type BareProvider } from "../deploy/secretBlind.js";
import type { JsonObject } from "../values/wire.js";
import { endProcess, type NodeProcess, sdkScript, startNode } from "./processes.js";
import { channelOptions, empty, fromStruct, grpc, providerGrpc, providerPb, statusPb, toStruct } from "./protocol.js";

export interface DynamicHostOptions {
  programDir: string;
  project: string;
  env: NodeJS.ProcessEnv;
  engineAddress: string;
  onLine(stream: "stdout" | "stderr", line: string): void;
}

type Client = InstanceType<typeof providerGrpc.ResourceProviderClient>;
type Identity = { urn: string; type: string };
interface Request {
  setUrn(urn: string): unknown;
}

/** The SDK's own process for dynamic providers. It is started when the first one is needed, and serves them all. */
export class DynamicHost {
  private started: Promise<{ client: Client; process: NodeProcess }> | undefined;

  constructor(private readonly options: DynamicHostOptions) {}

  /** Starts the process ahead of need; what goes wrong is told to the first who needs it. */
  warmUp(): void {
    this.client().catch(() => {});
  }

  provider(): BareProvider {
    const call = <T>(invoke: (client: Client, done: (error: ServiceError | null, answer: T) => void) => unknown) =>
      this.client().then(
        (client) =>
          new Promise<T>((resolve, reject) => {
            invoke(client, (error, answer) => (error === null ? resolve(answer) : reject(failure(error))));
          }),
      );
    return {
      async configure(config) {
        const request = new providerPb.ConfigureRequest();
        request.setArgs(toStruct(config));
        request.setAcceptsecrets(true);
        request.setAcceptresources(true);
        await call((client, done) => client.configure(request, done));
      },
      async check(resource, olds, news) {
        const request = identified(new providerPb.CheckRequest(), resource);
        request.setOlds(toStruct(olds ?? {}));
        request.setNews(toStruct(news));
        const answer = await call<InstanceType<typeof providerPb.CheckResponse>>((client, done) =>
          client.check(request, done),
        );
        return {
          inputs: fromStruct(answer.getInputs()),
          failures: answer
            .getFailuresList()
            .map((item) => ({ property: item.getProperty(), reason: item.getReason() })),
        };
      },
      async diff(resource, old, news, ignoreChanges) {
        const request = identified(new providerPb.DiffRequest(), resource);
        request.setId(resource.id);
        request.setOlds(toStruct(old.outputs));
        request.setOldInputs(toStruct(old.inputs));
        request.setNews(toStruct(news));
        request.setIgnorechangesList(ignoreChanges);
        return diffOf(await call((client, done) => client.diff(request, done)));
      },
      async create(resource, inputs) {
        const request = identified(new providerPb.CreateRequest(), resource);
        request.setProperties(toStruct(inputs));
        const answer = await call<InstanceType<typeof providerPb.CreateResponse>>((client, done) =>
          client.create(request, done),
        );
        return { id: answer.getId(), outputs: fromStruct(answer.getProperties()) };
      },
      async read(resource, inputs, outputs) {
        const request = identified(new providerPb.ReadRequest(), resource);
        request.setId(resource.id);
        request.setInputs(toStruct(inputs));
        request.setProperties(toStruct(outputs));
        const answer = await call<InstanceType<typeof providerPb.ReadResponse>>((client, done) =>
          client.read(request, done),
        );
        const found = answer.getInputs();
        return { id: answer.getId(), outputs: fromStruct(answer.getProperties()), inputs: found && fromStruct(found) };
      },
      async update(resource, old, news, ignoreChanges) {
        const request = identified(new providerPb.UpdateRequest(), resource);
        request.setId(resource.id);
        request.setOlds(toStruct(old.outputs));
        request.setOldInputs(toStruct(old.inputs));
        request.setNews(toStruct(news));
        request.setIgnorechangesList(ignoreChanges);
        const answer = await call<InstanceType<typeof providerPb.UpdateResponse>>((client, done) =>
          client.update(request, done),
        );
        return { outputs: fromStruct(answer.getProperties()) };
      },
      async delete(resource, inputs, outputs) {
        const request = identified(new providerPb.DeleteRequest(), resource);
        request.setId(resource.id);
        request.setOldInputs(toStruct(inputs));
        request.setProperties(toStruct(outputs));
        await call((client, done) => client.delete(request, done));
      },
      secretOutputs: () => [],
    };
  }

  async close(): Promise<void> {
    if (this.started === undefined) return;
    const running = await this.started.catch(() => undefined);
    if (running === undefined) return;
    await new Promise<void>((resolve) => running.client.cancel(empty(), () => resolve()));
    running.client.close();
    await endProcess(running.process, 0);
  }

  private async client(): Promise<Client> {
    this.started ??= this.start();
    return (await this.started).client;
  }

  private async start(): Promise<{ client: Client; process: NodeProcess }> {
    const { programDir, project, env, engineAddress, onLine } = this.options;
    const script = sdkScript(programDir, "dynamic-provider");
    let announce: (port: string) => void = () => {};
    const port = new Promise<string>((resolve) => {
      announce = resolve;
    });
    let announced = false;
    const process = startNode(
      [script, engineAddress],
      programDir,
      { ...env, PULUMI_NODEJS_PROJECT: project, PULUMI_PROJECT: project },
      (stream, line) => {
        // Its first line is the port it listens on; all others are what provider code prints.
        if (!announced && stream === "stdout" && /^\d+$/.test(line)) {
          announced = true;
          announce(line);
        } else onLine(stream, line);
      },
    );
    const died = process.exited.then((code) => {
      throw new EngineError(`The process for dynamic providers ended (exit code ${code}) before it served any.`);
    });
    const address = `127.0.0.1:${await Promise.race([port, died])}`;
    died.catch(() => {});
    const client = new providerGrpc.ResourceProviderClient(address, grpc.credentials.createInsecure(), channelOptions);
    return { client, process };
  }
}

function identified<T extends Request>(request: T, { urn }: Identity): T {
  request.setUrn(urn);
  return request;
}

function diffOf(answer: InstanceType<typeof providerPb.DiffResponse>): Diff | "unknown" {
  const { DIFF_SOME, DIFF_NONE } = providerPb.DiffResponse.DiffChanges;
  const changes = answer.getChanges();
  if (changes !== DIFF_SOME && changes !== DIFF_NONE) return "unknown";
  return {
    changes: changes === DIFF_SOME,
    changedKeys: answer.getDiffsList(),
    replaceKeys: answer.getReplacesList(),
    deleteBeforeReplace: answer.getDeletebeforereplace(),
    detailedDiff: undefined,
  };
}

/** Codes after which nobody knows what became of the resource (`resourceStateAndError`, provider_plugin.go). */
const unclear = new Set<number>([grpc.status.INTERNAL, grpc.status.DATA_LOSS, grpc.status.UNKNOWN]);

function failure(error: ServiceError): Error {
  const partial = initFailure(error);
  if (partial !== undefined) {
    const reasons = partial.getReasonsList();
    const message = reasons.length === 0 ? error.details : reasons.join("; ");
    return new BarePartialError(message, partial.getId(), fromStruct(partial.getProperties()) as JsonObject, reasons);
  }
  if (error.code === grpc.status.UNAVAILABLE) {
    return new ProviderError("the process for dynamic providers has ended unexpectedly", "unknown");
  }
  return new ProviderError(error.details, unclear.has(error.code) ? "unknown" : "ok");
}

/** "It was made, but is not right" travels in a trailer of the answer. */
function initFailure(error: ServiceError) {
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!(bytes instanceof Uint8Array)) return undefined;
  for (const detail of statusPb.Status.deserializeBinary(bytes).getDetailsList()) {
    if (detail.getTypeName() !== "pulumirpc.ErrorResourceInitFailed") continue;
    return providerPb.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  }
  return undefined;
}
