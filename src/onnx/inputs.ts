import { InputError } from "../errors.js";
import type { Dim, GraphInput, TensorType } from "../graph/types.js";
import { elementType } from "./elements.js";
import type { ValueInfoProto } from "./generated/onnx_pb.js";
import { quote, unusedName } from "./text.js";

const longestAxis = 2n ** 31n - 1n;

/**
 * The inputs of a graph. Files of the first ONNX versions list the initializers among them; those are left out.
 * @throws InputError
 */
export function readInputs(
  protos: readonly ValueInfoProto[],
  isInitializer: (name: string) => boolean,
): GraphInput[] {
  const inputs: GraphInput[] = [];
  const seen = new Set<string>();
  const dimNames = new Set(protos.flatMap(namedDims));
  for (const proto of protos) {
    const thing = `input ${quote(proto.name)}`;
    if (seen.has(proto.name))
      throw new InputError(`the model has the ${thing} twice`, { hint: "export it again" });
    seen.add(proto.name);
    if (!isInitializer(proto.name)) inputs.push({ name: proto.name, type: readType(proto, thing, dimNames) });
  }
  return inputs;
}

const namedDims = (proto: ValueInfoProto): string[] =>
  (proto.type?.tensorType?.shape?.dim ?? []).map(({ value }) =>
    value.case === "dimParam" ? value.value : "",
  );

/** @param dimNames the names of dimensions in use; an open dimension without one gets a name of its own */
function readType(proto: ValueInfoProto, thing: string, dimNames: Set<string>): TensorType {
  const type = proto.type?.tensorType;
  if (!type)
    throw new InputError(`${thing} is not a tensor`, {
      hint: "sequences, maps and optionals are not supported",
    });
  const dtype = elementType(type.elemType, thing);
  if (!type.shape) {
    throw new InputError(`${thing} has no shape`, { hint: "export the model with the shape of its inputs" });
  }
  const shape = type.shape.dim.map(({ value }, i): Dim => {
    if (value.case === "dimParam" && value.value !== "") return value.value;
    if (value.case !== "dimValue") {
      const name = unusedName(`${proto.name}.${i}`, dimNames);
      dimNames.add(name);
      return name;
    }
    if (value.value < 1n || value.value > longestAxis) {
      throw new InputError(`${thing} has an axis of length ${value.value}`, {
        hint: "an axis has a length of 1 or more, or a name where it is fixed only when the graph runs",
      });
    }
    return Number(value.value);
  });
  return { dtype, shape };
}
