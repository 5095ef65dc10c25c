/** ONNX element types, as onnx.proto numbers them. */
export const onnxTypes = { f32: 1, u8: 2, i8: 3, i32: 6, i64: 7, bool: 9, f64: 11 } as const;

/** The ONNX model y = op(inputs), every tensor of one dimension "n"; the numbers are the fields of onnx.proto. */
export function oneOpModel(
  op: string,
  inputs: Readonly<Record<string, keyof typeof onnxTypes>>,
  output: keyof typeof onnxTypes,
): Uint8Array {
  const bytes = (field: number, content: readonly number[]) => [(field << 3) | 2, content.length, ...content];
  const text = (field: number, value: string) => bytes(field, [...Buffer.from(value)]);
  const integer = (field: number, value: number) => [field << 3, value];
  const value = (field: number, name: string, type: keyof typeof onnxTypes) =>
    bytes(field, [
      ...text(1, name),
      ...bytes(2, bytes(1, [...integer(1, onnxTypes[type]), ...bytes(2, bytes(1, text(2, "n")))])),
    ]);
  const names = Object.keys(inputs);
  const node = [...names.flatMap((name) => text(1, name)), ...text(2, "y"), ...text(4, op)];
  const graph = [
    ...bytes(1, node),
    ...text(2, "tiny"),
    ...names.flatMap((name) => value(11, name, inputs[name]!)),
    ...value(12, "y", output),
  ];
  return Uint8Array.from([...integer(1, 8), ...bytes(7, graph), ...bytes(8, integer(2, 13))]);
}
