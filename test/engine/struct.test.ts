// Properties in gRPC's messages: as bytes for another process, as they are for this one.
import fc from "fast-check";
import { expect, it } from "vitest";
import { fromStruct, resourcePb, toStruct } from "../../src/engine/embedded/grpc/protocol.js";
import type { JsonObject } from "../../src/engine/embedded/values/wire.js";

const objects = fc.dictionary(
  fc.string().filter((key) => key !== "__proto__"),
  fc.jsonValue({ noUnicodeString: false }),
) as fc.Arbitrary<JsonObject>;
/** As JSON has it: there is no -0. */
const json = (value: JsonObject) => JSON.parse(JSON.stringify(value)) as JsonObject;

function message(properties: JsonObject) {
  const answer = new resourcePb.RegisterResourceResponse();
  answer.setUrn("urn:one");
  answer.setObject(toStruct(properties));
  return answer;
}

it("over a wire they arrive as they were sent", () => {
  fc.assert(
    fc.property(objects, (properties) => {
      const arrived = resourcePb.RegisterResourceResponse.deserializeBinary(message(properties).serializeBinary());
      expect(json(fromStruct(arrived.getObject()))).toEqual(json(properties));
    }),
  );
});

it("in this process they are what was sent, also after a wire has read them", () => {
  fc.assert(
    fc.property(objects, (properties) => {
      const sent = message(properties);
      expect(fromStruct(sent.getObject())).toBe(properties);
      const bytes = sent.serializeBinary();
      expect(sent.serializeBinary()).toEqual(bytes);
      expect(sent.getObject()?.getFieldsMap().getLength()).toBe(Object.keys(properties).length);
      expect(fromStruct(sent.getObject())).toBe(properties);
    }),
  );
});
