import { describe, expect, test } from "vitest";
import { commitPruning } from "../../../src/compress/prune/commit.js";
import { type GroupedLayer, groupCount, groupedLayers } from "../../../src/compress/prune/layers.js";
import { filterPruning, magnitudePruning } from "../../../src/compress/prune/one-shot.js";
import { normsOf } from "../../../src/compress/prune/reference.js";
import { groupStatistics } from "../../../src/compress/prune/statistics.js";
import type { Graph } from "../../../src/graph/types.js";
import { resnet20 } from "../../../src/models/index.js";
import { createRandom } from "../../../src/random.js";
import { f32 } from "../../../src/tensor.js";
import { quantized, smallNetwork } from "../../train/networks.js";
import {
  convNetwork,
  onlyLayer,
  smallGroups,
  weightsOfNorms,
  withStoredRanges,
  withWeights,
} from "./networks.js";

const net = resnet20({ shortcut: "A" }, createRandom(7));
const layers = groupedLayers(net, { groupRows: 72 });
const normsIn = (graph: Graph, all: readonly GroupedLayer[]) =>
  all.map((layer) => normsOf(graph.initializers.get(layer.weight)!.data, layer));

describe("magnitude pruning", () => {
  test.each([
    ["global", 0.3],
    ["global", 0.777],
    ["layer", 0.5],
    ["layer", 0.99],
    ["position", 0.123],
  ] as const)("of scope %s reaches %d to one group", (scope, sparsity) => {
    for (const normalize of ["none", "layer"] as const) {
      const {
        groups,
        zeroGroups,
        layers: all,
      } = groupStatistics(magnitudePruning(net, layers, { sparsity, scope, normalize }), layers);
      expect(zeroGroups).toBe(Math.round(sparsity * groups));
      for (const layer of all) {
        const [zero, count] = [layer.zeroGroups, layer.groups].map((at) => at[0]! + at[1]!);
        expect(zero).toBeLessThan(count!);
        // What may not go of one layer goes of the others.
        if (scope !== "global") expect(Math.abs(zero! - sparsity * count!)).toBeLessThan(2);
      }
    }
  });

  test("takes the smallest norms and touches no other weight", () => {
    const before = normsIn(net, layers).flatMap((norms) => [...norms]);
    const after = normsIn(magnitudePruning(net, layers, { sparsity: 0.4 }), layers).flatMap((n) => [...n]);
    const largestGone = Math.max(...before.filter((_, i) => after[i] === 0));
    const smallestKept = Math.min(...after.filter((norm) => norm > 0));
    expect(largestGone).toBeLessThanOrEqual(smallestKept);
    for (const [i, norm] of after.entries()) if (norm > 0) expect(norm).toBe(before[i]);
  });

  test("in units of the layer's mean, a layer of small weights is not emptied first", () => {
    const { weight, shape } = layers[5]!;
    const small = withWeights(
      net,
      weight,
      f32(
        shape,
        net.initializers.get(weight)!.data.map((w) => w / 100),
      ),
    );
    const sparsityOf = (normalize: "none" | "layer") => {
      const pruned = magnitudePruning(small, layers, { sparsity: 0.3, normalize });
      const { groups, zeroGroups } = groupStatistics(pruned, layers).layers[5]!;
      return (zeroGroups[0]! + zeroGroups[1]!) / (groups[0]! + groups[1]!);
    };
    expect(sparsityOf("none")).toBe(1 - 1 / groupCount(layers[5]!));
    expect(sparsityOf("layer")).toBeLessThan(0.6);
  });

  test("of equal norms the first column goes", () => {
    const equal = convNetwork(weightsOfNorms([2, 2, 2, 2], [2, 2, 2, 2]));
    const layer = onlyLayer(equal, { groupRows: 72 });
    const pruned = magnitudePruning(equal, [layer], { sparsity: 3 / 8 });
    expect(normsIn(pruned, [layer])[0]!.map((norm) => (norm > 0 ? 1 : 0))).toEqual(
      Float64Array.of(0, 0, 0, 1, 1, 1, 1, 1),
    );
  });

  test("groups that quantisation makes zero count, and commit keeps the sparsity", () => {
    const groupsOf = (graph: Graph) => groupedLayers(graph, { groupRows: 3, arrayRows: 9 });
    const trained = withStoredRanges(smallGroups(quantized(smallNetwork(5)), groupsOf, 5));
    const all = groupsOf(trained);
    const before = groupStatistics(trained, all);
    expect(before.zeroGroups).toBeGreaterThan(0);
    const sparsity = before.groupSparsity + 0.2;
    const pruned = magnitudePruning(trained, all, { sparsity });
    const committed = commitPruning(pruned, all);
    for (const graph of [pruned, committed])
      expect(groupStatistics(graph, all).zeroGroups).toBe(Math.round(sparsity * before.groups));
    expect(committed).toEqual(pruned);
  });

  test("a layer is emptied only where that is allowed", () => {
    expect(() => magnitudePruning(net, layers, { sparsity: 1 })).toThrow(
      "is 3712 of 3712 groups, of which 3694 may go",
    );
    const emptied = magnitudePruning(net, layers, { sparsity: 1, mayEmptyLayers: true });
    expect(groupStatistics(emptied, layers).groupSparsity).toBe(1);
    expect(() => magnitudePruning(net, layers, { sparsity: -0.1 })).toThrow("the sparsity is -0.1");
  });
});

describe("filter pruning", () => {
  test.each(["global", "layer"] as const)("of scope %s takes whole columns, to half a column", (scope) => {
    const pruned = filterPruning(net, layers, { sparsity: 0.35, scope });
    const { groups, zeroGroups } = groupStatistics(pruned, layers);
    expect(Math.abs(zeroGroups - 0.35 * groups)).toBeLessThanOrEqual(4);
    for (const [i, norms] of normsIn(pruned, layers).entries()) {
      const { bands, grid } = layers[i]!;
      for (let column = 0; column < grid.columns; column++) {
        const alive = norms
          .slice(column * bands.length, (column + 1) * bands.length)
          .map((n) => (n > 0 ? 1 : 0));
        expect(new Set(alive).size).toBe(1);
      }
    }
  });

  test("takes the weakest, and never a layer's last", () => {
    const graph = convNetwork(weightsOfNorms([3, 1, 2, 9], [3, 1, 5, 9]));
    const layer = onlyLayer(graph, { groupRows: 72 });
    const kept = (sparsity: number) => {
      const norms = normsIn(filterPruning(graph, [layer], { sparsity }), [layer])[0]!;
      return [0, 1, 2, 3].filter((column) => norms[2 * column]! > 0);
    };
    expect(kept(0.25)).toEqual([0, 2, 3]);
    expect(kept(0.5)).toEqual([2, 3]);
    expect(kept(0.75)).toEqual([3]);
    expect(() => kept(1)).toThrow("of which 6 may go");
  });

  test("has no scope of positions", () => {
    expect(() => filterPruning(net, layers, { sparsity: 0.1, scope: "position" })).toThrow(
      "spans all positions",
    );
  });
});
