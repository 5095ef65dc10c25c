import { isFieldSet } from "@bufbuild/protobuf";
import { InputError } from "../errors.js";
import type { Tensor } from "../tensor.js";
import type { ExternalFiles } from "./external.js";
import {
  type AttributeProto,
  AttributeProtoSchema as fields,
  AttributeProto_AttributeType as Type,
} from "./generated/onnx_pb.js";
import { readTensor } from "./tensors.js";
import { listed, quote } from "./text.js";

/** The attributes of one node, read by name. What was never asked for is refused by {@link finish}. */
export class Attributes {
  readonly #byName = new Map<string, AttributeProto>();
  readonly #asked = new Set<string>();

  /** @param node how an error message names the node */
  constructor(
    attributes: readonly AttributeProto[],
    readonly node: string,
    readonly files: ExternalFiles,
  ) {
    for (const attribute of attributes) {
      if (this.#byName.has(attribute.name)) {
        throw new InputError(`${node} has the attribute ${quote(attribute.name)} twice`);
      }
      if (attribute.refAttrName !== "") {
        throw new InputError(
          `${node} takes its attribute ${quote(attribute.name)} from a function, which is not supported`,
        );
      }
      this.#byName.set(attribute.name, attribute);
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  int(name: string): number | undefined;
  int(name: string, absent: number): number;
  int(name: string, absent?: number): number | undefined {
    const attribute = this.#get(name, Type.INT);
    return attribute ? this.#integer(name, attribute.i) : absent;
  }

  ints(name: string): number[] | undefined;
  ints(name: string, absent: readonly number[]): readonly number[];
  ints(name: string, absent?: readonly number[]): readonly number[] | undefined {
    const attribute = this.#get(name, Type.INTS);
    return attribute ? attribute.ints.map((i) => this.#integer(name, i)) : absent;
  }

  /** 0 or 1. */
  flag(name: string, absent: boolean): boolean {
    const value = this.int(name, absent ? 1 : 0);
    if (value !== 0 && value !== 1) {
      throw new InputError(`${this.node}: attribute ${name} is ${value}, but must be 0 or 1`);
    }
    return value === 1;
  }

  float(name: string): number | undefined;
  float(name: string, absent: number): number;
  float(name: string, absent?: number): number | undefined {
    const value = this.#get(name, Type.FLOAT)?.f ?? absent;
    if (value !== undefined && !Number.isFinite(value)) {
      throw new InputError(`${this.node}: attribute ${name} is ${value}, but must be a finite number`);
    }
    return value;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name, Type.FLOATS)?.floats;
  }

  string(name: string, absent: string): string {
    const attribute = this.#get(name, Type.STRING);
    return attribute ? new TextDecoder().decode(attribute.s) : absent;
  }

  tensor(name: string): Tensor | undefined {
    const attribute = this.#get(name, Type.TENSOR);
    if (!attribute) return undefined;
    const thing = `${this.node}: attribute ${name}`;
    if (!attribute.t) throw new InputError(`${thing} holds no tensor`);
    return readTensor(attribute.t, thing, this.files);
  }

  /** @throws InputError when the node has attributes that nobody asked for. */
  finish(): void {
    const unknown = [...this.#byName.keys()].filter((name) => !this.#asked.has(name));
    if (unknown.length > 0) {
      throw new InputError(`${this.node} has attributes that are not supported: ${listed(unknown)}`, {
        hint: this.#asked.size > 0 ? `known here: ${[...this.#asked].join(", ")}` : "this operator has none",
      });
    }
  }

  #get(name: string, type: Type): AttributeProto | undefined {
    this.#asked.add(name);
    const attribute = this.#byName.get(name);
    if (!attribute) return undefined;
    const found = declaredType(attribute);
    if (found !== type) {
      throw new InputError(
        `${this.node}: attribute ${name} is of type ${Type[found]}, but must be ${Type[type]}`,
      );
    }
    return attribute;
  }

  #integer(name: string, value: bigint): number {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new InputError(`${this.node}: attribute ${name} is ${value}, which is out of range`);
  }
}

/** Files of the first ONNX versions leave the type out; then the one field that is set tells it. */
function declaredType(attribute: AttributeProto): Type {
  if (attribute.type !== Type.UNDEFINED) return attribute.type;
  if (isFieldSet(attribute, fields.field.f)) return Type.FLOAT;
  if (isFieldSet(attribute, fields.field.i)) return Type.INT;
  if (isFieldSet(attribute, fields.field.s)) return Type.STRING;
  if (isFieldSet(attribute, fields.field.t)) return Type.TENSOR;
  if (isFieldSet(attribute, fields.field.g)) return Type.GRAPH;
  if (attribute.floats.length > 0) return Type.FLOATS;
  if (attribute.ints.length > 0) return Type.INTS;
  if (attribute.strings.length > 0) return Type.STRINGS;
  return Type.UNDEFINED;
}
