import { fromBinary } from "@bufbuild/protobuf";
import { InputError } from "../errors.js";
import type { Graph } from "../graph/types.js";
import { ExternalFiles } from "./external.js";
import { type ModelProto, ModelProtoSchema } from "./generated/onnx_pb.js";
import { Importer, isDefaultDomain } from "./importer.js";
import { newestOpset, oldestOpset } from "./operators.js";
import { checkWire } from "./wire.js";

export interface ImportOptions {
  /** Name of the graph; without it, the one in the file. */
  readonly name?: string;
  /**
   * Gives the bytes of a file beside the model that holds tensors (external data). `location` is a relative path
   * with `/` or `\`, checked to stay inside the model's folder. Asked once for each file.
   */
  readonly readExternal?: (location: string) => Uint8Array;
}

/**
 * Reads an ONNX model (opset 11 to 21, domain ai.onnx) and brings older forms of its operators into that of the IR.
 * What is accepted of each operator is in docs/operators.md, made from the tables that this function uses.
 * Half-precision tensors become f32. Nodes come out in an order in which every value is made before it is used.
 * @throws InputError for anything that is not such a model: damaged, incomplete, cyclic, or not supported.
 */
export function importOnnx(bytes: Uint8Array, options: ImportOptions = {}): Graph {
  try {
    const model = decode(bytes);
    const graph = model.graph;
    if (!graph) throw notOnnx(`its ${bytes.length} bytes hold no graph`);
    const opset = readOpset(model);
    return new Importer(graph, opset, new ExternalFiles(options.readExternal)).read(
      options.name ?? (graph.name || "model"),
    );
  } catch (error) {
    if (error instanceof InputError) throw tidied(error);
    // How the engine reports a stack, a string or an array that would grow beyond what it can hold.
    if (!(error instanceof RangeError)) throw error;
    throw new InputError("the model is too involved: its shapes or values outgrow what can be held", {
      hint: "simplify it before or after export, or fix its batch size",
      cause: error,
    });
  }
}

function decode(bytes: Uint8Array): ModelProto {
  checkWire(bytes, ModelProtoSchema);
  try {
    return fromBinary(ModelProtoSchema, bytes, { readUnknownFields: false });
  } catch (cause) {
    throw notOnnx(cause instanceof Error ? cause.message : String(cause), cause);
  }
}

const notOnnx = (why: string, cause?: unknown) =>
  new InputError(`the model is not a readable ONNX file: ${why}`, {
    hint: "the file is damaged, incomplete or of another kind; export or download it again",
    ...(cause === undefined ? {} : { cause }),
  });

function readOpset(model: ModelProto): number {
  const versions = new Set(model.opsetImport.filter((o) => isDefaultDomain(o.domain)).map((o) => o.version));
  if (versions.size !== 1) {
    const found = versions.size === 0 ? "none" : [...versions].join(" and ");
    throw new InputError(`the model names ${found} as its opset, but must name one`, {
      hint: "export it again",
    });
  }
  const [version] = versions;
  if (version! < BigInt(oldestOpset) || version! > BigInt(newestOpset)) {
    throw new InputError(
      `the model uses opset ${version}, but ${oldestOpset} to ${newestOpset} are supported`,
      {
        hint: "export it with opset_version=18, or convert it with onnx.version_converter",
      },
    );
  }
  return Number(version);
}

const longestMessage = 1000;

/** Names and symbolic shapes stand in messages, and those of a hostile file can be as long as the file. */
function tidied(error: InputError): InputError {
  const { message, hint, cause } = error;
  if (message.length <= longestMessage && hint !== undefined) return error;
  const short = message.length > longestMessage ? `${message.slice(0, longestMessage - 3)}...` : message;
  return new InputError(short, {
    hint: hint ?? "correct the model where it was made, and export it again",
    cause,
  });
}
