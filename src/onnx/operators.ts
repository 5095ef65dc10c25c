import { arithmeticImporters } from "./arithmetic.js";
import { readableElements } from "./elements.js";
import { layerImporters } from "./layers.js";
import type { ImporterRow } from "./reader.js";
import { shapeImporters } from "./shapes.js";

export const oldestOpset = 11;
export const newestOpset = 21;

/** Every ONNX operator that can be imported, by its name in the domain ai.onnx. */
export const importers: ReadonlyMap<string, ImporterRow> = new Map<string, ImporterRow>(
  Object.entries({ ...layerImporters, ...arithmeticImporters, ...shapeImporters }),
);

/** The page docs/operators.md, made from the tables that the importer uses. */
export function operatorTable(): string {
  const rows = [...importers]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, row]) =>
        `| ${name} | ${oldestOpset} to ${newestOpset} | ${row.becomes} | ${inputsText(row)} | ${row.notes.join("; ")} |`,
    );
  return `# Supported ONNX operators

Made from the importer's own tables by \`node scripts/operators-doc.mjs\`; change it there.

Models of opset ${oldestOpset} to ${newestOpset} are read, in the domain \`ai.onnx\`. Every operator is read as each of those opsets defines
it, within the restrictions in its row; older forms become the newest one at opset 18. Any other operator, any unknown
attribute and any nested graph (If, Loop, Scan) is refused by name.

Element types: ${readableElements}. FLOAT16 and BFLOAT16 are widened to f32 when they are read.
Tensor data may be raw, typed or in files beside the model.

Each dimension of an input is a number, or named or open and then fixed only when the graph runs.

| ONNX operator | opsets | becomes | inputs | restrictions and changes |
| --- | --- | --- | --- | --- |
${rows.join("\n")}

## Written

Models are written at opset 18. Every operator is written under its own name. The activation quantiser (FakeQuantize)
has no ONNX operator: it is written as Mul, Round, Clip, Mul, or in the QDQ form as Clip, QuantizeLinear,
DequantizeLinear.

Graphs in training have three more: BatchNormalizationTraining is a BatchNormalization with \`training_mode\` 1, Pact a
Div, QuantizeLinear, Clip, DequantizeLinear (above 8 bits Div, Div, Round, Clip, Mul), and QuantizeWeights a Div, Div,
Round, Clip, Mul. They are written and not read.
`;
}

function inputsText({ inputs: [fewest, most] }: ImporterRow): string {
  if (most === Number.POSITIVE_INFINITY) return `${fewest} or more`;
  return fewest === most ? `${fewest}` : `${fewest} to ${most}`;
}
