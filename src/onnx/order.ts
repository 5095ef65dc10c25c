import { InputError } from "../errors.js";
import type { NodeProto } from "./generated/onnx_pb.js";
import { nodeLabel, quote } from "./text.js";

/**
 * The nodes in an order in which every value is made before it is used: that of the file where it is one, as ONNX
 * demands. Without recursion, since a file may hold a chain of any length.
 * @param known values that no node makes
 * @throws InputError when a value is made by nobody, or the nodes form a cycle
 */
export function inOrder(nodes: readonly NodeProto[], known: ReadonlySet<string>): readonly NodeProto[] {
  const maker = new Map<string, NodeProto>();
  for (const node of nodes) for (const output of node.output) if (output !== "") maker.set(output, node);

  const ordered: NodeProto[] = [];
  const state = new Map<NodeProto, "open" | "done">();
  for (const first of nodes) {
    const stack = [{ node: first, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1]!;
      const { node } = top;
      if (top.next === 0) {
        if (state.has(node)) {
          stack.pop();
          continue;
        }
        state.set(node, "open");
      }
      const value = node.input[top.next];
      if (value === undefined) {
        state.set(node, "done");
        ordered.push(node);
        stack.pop();
        continue;
      }
      top.next++;
      if (value === "" || known.has(value)) continue;
      const source = maker.get(value);
      if (!source) throw undefinedValue(node, value);
      if (state.get(source) === "open") throw cycle(node, value);
      if (!state.has(source)) stack.push({ node: source, next: 0 });
    }
  }
  return ordered;
}

const undefinedValue = (node: NodeProto, value: string) =>
  new InputError(
    `${nodeLabel(node)} uses ${quote(value)}, which is no input, no initializer and no node's output`,
    {
      hint: "the file is damaged or incomplete; export it again",
    },
  );

const cycle = (node: NodeProto, value: string) =>
  new InputError(
    `${nodeLabel(node)} uses ${quote(value)}, which depends on that node's own output: a cycle`,
    {
      hint: "a graph must have no cycles; export the model again",
    },
  );
