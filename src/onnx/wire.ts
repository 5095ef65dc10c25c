import { type DescField, type DescMessage, ScalarType } from "@bufbuild/protobuf";
import { InputError } from "../errors.js";

/*
 * The protobuf wire format, walked once before it is decoded. The decoder builds an object for every two bytes of a
 * hostile file, reads on beyond the end of a message and takes a field's wire type on trust; so lengths, wire types
 * and the number of objects are checked here, without allocating anything.
 */

/** A network of 10,000 nodes with all its attributes and value descriptions has about 200,000. */
const mostMessages = 300_000;
/** Names and numbers outside tensor data: dimensions, attribute values. */
const mostElements = 2_000_000;

const Wire = { varint: 0, fixed64: 1, delimited: 2, fixed32: 5 } as const;

interface Frame {
  readonly fields: ReadonlyMap<number, FieldPlan>;
  readonly end: number;
}

interface FieldPlan {
  readonly name: string;
  readonly wire: number;
  /** Where a list of numbers may also come packed. */
  readonly packable: boolean;
  /** The message's own descriptor, where the field holds messages. */
  readonly message: DescMessage | undefined;
}

/**
 * Checks that the bytes are a well-formed message of the kind described, to the depth that the description knows.
 * @throws InputError with the byte where it is not
 */
export function checkWire(bytes: Uint8Array, schema: DescMessage): void {
  const cursor = new Cursor(bytes);
  const stack: Frame[] = [{ fields: planOf(schema), end: bytes.length }];
  let messages = 0;
  let elements = 0;
  while (stack.length > 0) {
    const { fields, end } = stack[stack.length - 1]!;
    if (cursor.at >= end) {
      stack.pop();
      continue;
    }
    const start = cursor.at;
    const tag = cursor.varint(end);
    const field = fields.get(Math.floor(tag / 8));
    const wire = tag % 8;
    if (tag < 8 || tag >= 2 ** 32)
      throw damaged(start, `there is a field with the number ${Math.floor(tag / 8)}`);
    if (field && wire !== field.wire && !(field.packable && wire === Wire.delimited)) {
      throw damaged(start, `${field.name} has the wire type ${wire}, but must have ${field.wire}`);
    }
    if (field?.message) {
      if (++messages > mostMessages) throw tooMany(mostMessages, "messages");
      const length = cursor.length(end);
      stack.push({ fields: planOf(field.message), end: cursor.at + length });
      continue;
    }
    const made = cursor.skip(wire, end, field?.packable ?? false);
    if (field) elements += made;
    if (elements > mostElements) throw tooMany(mostElements, "names and numbers");
  }
}

const tooMany = (most: number, what: string) =>
  new InputError(`the model holds more than ${most.toLocaleString("en")} ${what}`, {
    hint: "the file is damaged, or larger than any network that fits a chip; simplify it before export",
  });

const damaged = (at: number, what: string) =>
  new InputError(`the model is not a readable ONNX file: at byte ${at} ${what}`, {
    hint: "the file is damaged, incomplete or of another kind; export or download it again",
  });

class Cursor {
  at = 0;

  constructor(readonly bytes: Uint8Array) {}

  /** An unsigned varint; its value is exact up to 2^53, beyond which only its size matters. */
  varint(end: number): number {
    const start = this.at;
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      if (this.at >= end) throw damaged(start, "a number is cut off");
      if (this.at - start === 10) throw damaged(start, "a number has more than 10 bytes");
      const byte = this.bytes[this.at++]!;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  }

  length(end: number): number {
    const start = this.at;
    const length = this.varint(end);
    if (length > end - this.at) {
      throw damaged(
        start,
        `a part claims ${length} bytes, but ${end - this.at} are left of what it belongs to`,
      );
    }
    return length;
  }

  /** Passes over one field's value and returns how many elements the decoder will make of it. */
  skip(wire: number, end: number, packable: boolean): number {
    const start = this.at;
    if (wire === Wire.varint) this.varint(end);
    else if (wire === Wire.delimited) {
      const length = this.length(end);
      this.at += length;
      // An upper bound: a packed number has at least one byte.
      return packable ? length : 1;
    } else if (wire === Wire.fixed32 || wire === Wire.fixed64) {
      this.at += wire === Wire.fixed32 ? 4 : 8;
      if (this.at > end) throw damaged(start, "a number is cut off");
    } else throw damaged(start, `there is a wire type ${wire}, which ONNX does not use`);
    return 1;
  }
}

const plans = new WeakMap<DescMessage, ReadonlyMap<number, FieldPlan>>();

function planOf(schema: DescMessage): ReadonlyMap<number, FieldPlan> {
  let plan = plans.get(schema);
  if (!plan) {
    plan = new Map(schema.fields.map((field) => [field.number, planField(schema, field)]));
    plans.set(schema, plan);
  }
  return plan;
}

function planField(schema: DescMessage, field: DescField): FieldPlan {
  const scalar = field.scalar ?? (field.enum ? ScalarType.INT32 : undefined);
  const wire = scalar === undefined ? Wire.delimited : scalarWire(scalar);
  return {
    name: `${schema.name}.${field.name}`,
    wire,
    packable: field.fieldKind === "list" && wire !== Wire.delimited,
    message: field.message,
  };
}

function scalarWire(scalar: ScalarType): number {
  if (scalar === ScalarType.STRING || scalar === ScalarType.BYTES) return Wire.delimited;
  if (scalar === ScalarType.FLOAT) return Wire.fixed32;
  if (scalar === ScalarType.DOUBLE) return Wire.fixed64;
  return Wire.varint;
}
