// The one place that imports generated stubs. Those without `__esModule` show all of themselves to a default import only.
import * as grpc from "@grpc/grpc-js";
import engineGrpc from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import enginePb from "@pulumi/pulumi/proto/engine_pb.js";
import providerGrpc from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import providerPb from "@pulumi/pulumi/proto/provider_pb.js";
import resourceGrpc from "@pulumi/pulumi/proto/resource_grpc_pb.js";
import resourcePb from "@pulumi/pulumi/proto/resource_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import type { JsonObject } from "../values/wire.js";

export { engineGrpc, enginePb, grpc, providerGrpc, providerPb, resourceGrpc, resourcePb, statusPb };

/** The limit that Pulumi sets on both sides, 400 MiB: gRPC's own of 4 MiB is too small for large programs. */
const maxMessageBytes = 1024 * 1024 * 400;
export const channelOptions = {
  "grpc.max_receive_message_length": maxMessageBytes,
  "grpc.max_send_message_length": maxMessageBytes,
  // Its registry would keep each server, and with it all of its operation, for as long as the process lives.
  "grpc.enable_channelz": 0,
};

export type Struct = InstanceType<typeof structPb.Struct>;

/** A `Struct` that is made of its JSON once it goes over a wire: to a program in this process it gives the JSON as it is. */
class JsonStruct extends structPb.Struct {
  private filled = false;
  constructor(private readonly json: JsonObject) {
    super();
  }

  override toJavaScript(): JsonObject {
    return this.json;
  }

  /** Whatever reads or writes the message asks for this. */
  override getFieldsMap(): ReturnType<Struct["getFieldsMap"]> {
    const fields = super.getFieldsMap();
    if (!this.filled) {
      this.filled = true;
      for (const [key, value] of Object.entries(this.json)) fields.set(key, structPb.Value.fromJavaScript(value));
    }
    return fields;
  }
}

export const toStruct = (json: JsonObject): Struct => new JsonStruct(json);

/**
 * What the SDK of this process hands over, too. It has no other way to be told: it asks the class of messages, which is the same for all
 * of this process, and the messages are the same to everybody who sends them.
 */
export function handOverJson(): void {
  structPb.Struct.fromJavaScript = toStruct as typeof structPb.Struct.fromJavaScript;
}
export const fromStruct = (struct: Struct | undefined): JsonObject => (struct?.toJavaScript() ?? {}) as JsonObject;
export const empty = () => new emptyPb.Empty();
