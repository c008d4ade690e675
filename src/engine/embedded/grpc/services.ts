import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import { EngineError } from "../../port.js";
import { builtinFunctions } from "../builtin.js";
import type { Severity } from "../deploy/events.js";
import { type Monitor, Terminating } from "../deploy/monitor.js";
import { InvokeFailed } from "../deploy/plugin.js";
import type { ResourceState } from "../state/resource.js";
import type { Properties } from "../values/values.js";
import { propertiesFromWire, propertiesToWire } from "../values/wire.js";
import {
  channelOptions,
  empty,
  engineGrpc,
  enginePb,
  fromStruct,
  grpc,
  providerPb,
  resourceGrpc,
  resourcePb,
  toStruct,
} from "./protocol.js";
import { packageRequest, readRequest, refusal, registerRequest, unsupportedOptions } from "./requests.js";

/** What the services need of the run they serve. */
export interface ServiceHost {
  /** The monitor of the deployment that is running; undefined when there is none. */
  monitor(): Monitor | undefined;
  /** Directory that source positions are relative to. */
  root: string;
  log(severity: Severity, message: string, urn: string, streamID: number, ephemeral: boolean): void;
  /** The program has registered everything. Resolves when it may end. */
  programDone(): Promise<void>;
  /** A resource of this deployment, by URN. */
  find(urn: string): ResourceState | undefined;
}

/**
 * Features that the SDK asks for. Those the engine refuses are among them on purpose: only when the SDK uses them can the engine
 * say their name, instead of the SDK's "please update the Pulumi CLI".
 */
const features = new Set([
  "aliasSpecs",
  "deletedWith",
  "errorHooks",
  "invokeTransforms",
  "outputValues",
  "parameterization",
  "replaceWith",
  "resourceHooks",
  "resourceReferences",
  "secrets",
  "transforms",
]);

type Handler<Request, Answer> = (request: Request) => Promise<Answer>;

/** Never code UNKNOWN to a program: it formats the error then, which takes Node 20 and 22 up to a minute. */
function unary<Request, Answer>(handler: Handler<Request, Answer>) {
  return (call: ServerUnaryCall<Request, Answer>, done: sendUnaryData<Answer>): void => {
    handler(call.request).then(
      (answer) => done(null, answer),
      (error: unknown) =>
        done(
          error instanceof InvokeFailed
            ? { code: grpc.status.FAILED_PRECONDITION, details: error.message }
            : {
                code: grpc.status.UNAVAILABLE,
                details: error instanceof Terminating ? error.message : "Resource monitor is terminating",
              },
        ),
    );
  };
}

/** The gRPC server that programs and dynamic providers talk to: ResourceMonitor and Engine, on a loopback port of its own. */
export class Services {
  private readonly server = new grpc.Server(channelOptions);
  private rootUrn = "";

  constructor(private readonly host: ServiceHost) {
    this.server.addService(resourceGrpc.ResourceMonitorService as never, this.monitorHandlers() as never);
    this.server.addService(engineGrpc.EngineService as never, this.engineHandlers() as never);
  }

  /** What the SDK uses as its gRPC clients, for a program in this process: the handlers themselves, with no wire. */
  clients(): { monitor: object; engine: object } {
    return { monitor: direct(this.monitorHandlers()), engine: direct(this.engineHandlers()) };
  }

  listen(): Promise<string> {
    return new Promise((resolve, reject) => {
      this.server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(`127.0.0.1:${port}`) : reject(error),
      );
    });
  }

  close(): void {
    this.server.forceShutdown();
  }

  private get monitor(): Monitor {
    const monitor = this.host.monitor();
    if (monitor === undefined) throw new Terminating();
    return monitor;
  }

  private refuse(what: string, where: string): never {
    this.monitor.refuse(refusal(what, where));
    throw new Terminating();
  }

  private monitorHandlers() {
    const refused = (what: string) => unary(async () => this.refuse(what, "the stack"));
    return {
      supportsFeature: unary(async (request: InstanceType<typeof resourcePb.SupportsFeatureRequest>) => {
        const answer = new resourcePb.SupportsFeatureResponse();
        answer.setHassupport(features.has(request.getId()));
        return answer;
      }),
      registerResource: unary((request: InstanceType<typeof resourcePb.RegisterResourceRequest>) =>
        this.register(request),
      ),
      registerResourceOutputs: unary(
        async (request: InstanceType<typeof resourcePb.RegisterResourceOutputsRequest>) => {
          await this.monitor.registerOutputs(
            request.getUrn(),
            this.values(() => propertiesFromWire(fromStruct(request.getOutputs()))),
          );
          return empty();
        },
      ),
      readResource: unary((request: InstanceType<typeof resourcePb.ReadResourceRequest>) => this.read(request)),
      registerPackage: unary(async (request: InstanceType<typeof resourcePb.RegisterPackageRequest>) => {
        if (request.hasExtension$()) this.refuse("extension parameterization", request.getName());
        const answer = new resourcePb.RegisterPackageResponse();
        answer.setRef(this.monitor.registerPackage(packageRequest(request)));
        return answer;
      }),
      invoke: unary((request: InstanceType<typeof resourcePb.ResourceInvokeRequest>) => this.invoke(request)),
      call: unary(async (request: InstanceType<typeof resourcePb.ResourceCallRequest>) =>
        this.refuse("calls of component methods", request.getTok()),
      ),
      registerStackTransform: refused("stack transforms"),
      registerStackInvokeTransform: refused("invoke transforms"),
      registerResourceHook: refused("resource hooks"),
      registerErrorHook: refused("error hooks"),
      signalAndWaitForShutdown: unary(async () => {
        await this.host.programDone();
        return empty();
      }),
    };
  }

  private async register(request: InstanceType<typeof resourcePb.RegisterResourceRequest>) {
    const [unsupported] = unsupportedOptions(request);
    if (unsupported !== undefined) this.refuse(unsupported, `${request.getType()} ${request.getName()}`);
    const goal = this.values(() => registerRequest(request, this.host.root));
    // The SDK of this process holds the request until it is answered: its properties would be in memory twice.
    request.clearObject();
    const state = await this.monitor.register(goal);
    const answer = new resourcePb.RegisterResourceResponse();
    answer.setUrn(state.urn);
    answer.setId(state.id);
    // What a component had put out before may refer to resources that are not registered yet in this run.
    answer.setObject(
      toStruct(goal.custom ? wire(state.outputs, request.getAcceptsecrets(), request.getAcceptresources()) : {}),
    );
    return answer;
  }

  private async read(request: InstanceType<typeof resourcePb.ReadResourceRequest>) {
    const state = await this.monitor.read(this.values(() => readRequest(request, this.host.root)));
    const answer = new resourcePb.ReadResourceResponse();
    answer.setUrn(state.urn);
    answer.setProperties(toStruct(wire(state.outputs, request.getAcceptsecrets(), request.getAcceptresources())));
    return answer;
  }

  private async invoke(request: InstanceType<typeof resourcePb.ResourceInvokeRequest>) {
    const token = request.getTok();
    const args = this.values(() => propertiesFromWire(fromStruct(request.getArgs())));
    const result = builtinFunctions.has(token) ? await this.monitor.invoke(token, args) : this.hydrate(token, args);
    const answer = new providerPb.InvokeResponse();
    answer.setReturn(toStruct(wire(result, true, request.getAcceptresources())));
    return answer;
  }

  /** The SDK itself calls one function: to bring a reference back to life. */
  private hydrate(token: string, { urn }: Properties): Properties {
    const state = token === "pulumi:pulumi:getResource" && typeof urn === "string" ? this.host.find(urn) : undefined;
    if (state === undefined) this.refuse("functions (invokes)", token);
    return { urn: state.urn, id: state.id, state: state.outputs };
  }

  /** Values that the engine cannot hold end the deployment by name. */
  private values<T>(decode: () => T): T {
    try {
      return decode();
    } catch (error) {
      this.monitor.refuse(error instanceof EngineError ? error : new EngineError(String(error)));
      throw new Terminating();
    }
  }

  private engineHandlers() {
    const severities: Record<number, Severity> = {
      [enginePb.LogSeverity.INFO]: "info",
      [enginePb.LogSeverity.WARNING]: "warning",
      [enginePb.LogSeverity.ERROR]: "error",
    };
    return {
      log: unary(async (request: InstanceType<typeof enginePb.LogRequest>) => {
        const severity = severities[request.getSeverity()];
        // The SDK narrates at severity debug; that is not for people.
        if (severity !== undefined) {
          this.host.log(
            severity,
            request.getMessage(),
            request.getUrn(),
            request.getStreamid(),
            request.getEphemeral(),
          );
        }
        return empty();
      }),
      getRootResource: unary(async () => {
        const answer = new enginePb.GetRootResourceResponse();
        answer.setUrn(this.rootUrn);
        return answer;
      }),
      setRootResource: unary(async (request: InstanceType<typeof enginePb.SetRootResourceRequest>) => {
        this.rootUrn = request.getUrn();
        return new enginePb.SetRootResourceResponse();
      }),
    };
  }
}

/**
 * A gRPC client's methods over the services' handlers. That they are unavailable means that the deployment is over: a process
 * would be ended then; in this one nobody answers any more. Each call waits its turn as one over a wire does: thousands of resources are
 * registered without a pause otherwise, and neither Ctrl-C nor the view nor the collection of garbage has one.
 */
function direct(handlers: object): object {
  const methods = Object.entries(handlers as Record<string, ReturnType<typeof unary<unknown, unknown>>>);
  const calls = methods.map(([name, handler]) => [
    name,
    (request: unknown, ...rest: unknown[]) => {
      const answered: sendUnaryData<unknown> = (error, answer) => {
        if ((error as { code?: number } | null)?.code === grpc.status.UNAVAILABLE) return;
        (rest.at(-1) as sendUnaryData<unknown>)(error, answer);
      };
      setImmediate(() => handler({ request } as ServerUnaryCall<unknown, unknown>, answered));
    },
  ]);
  return { ...Object.fromEntries(calls), close: () => {} };
}

/** Only what a program can take: bare values for one that does not know secrets, ids for one that does not know references. */
const wire = (properties: Properties, secrets: boolean, references: boolean) =>
  propertiesToWire(properties, { secrets, references });
