import { max, sum } from "d3-array";
import { count, percent, share } from "../format.js";
import { arrayMap, barChart, colours, countAxis, type Plot, shareAxis, stackedBars } from "../plots/index.js";
import type { LayerData, Result } from "../types.js";
import { baselineWords, markerLabel } from "./baseline.js";

/** What the arrays hold, layer by layer. */
export function placementPlots(result: Result): Plot[] {
  const { layers } = result.data;
  if (layers.length === 0) return [];
  return [arraysPlot(result), cellsPlot(result)];
}

function arraysPlot(result: Result): Plot {
  const { layers, hardware } = result.data;
  const values = layers.flatMap(({ arrays, baseline }) => [arrays, baseline?.arrays ?? 0]);
  return barChart({
    id: "arrays",
    title: `${count(result.arrays)} arrays of ${hardware.array.rows} × ${hardware.array.columns} cells, by layer`,
    description: `How many arrays each layer takes.${baselineWords(layers)}`,
    rowTitle: "layer",
    axis: countAxis("arrays", values),
    bars: layers.map(({ matrix, arrays, baseline }) => ({
      label: matrix,
      value: arrays,
      ...(baseline ? { marker: baseline.arrays } : {}),
    })),
    markerLabel,
  });
}

function cellsPlot(result: Result): Plot {
  const { cells } = result;
  const all = cells.used + cells.wasted + cells.empty;
  const total = percent(share(cells.used, all), 1);
  return stackedBars({
    id: "cells",
    title: `${total} of the cells hold a weight, ${percent(share(cells.wasted, all), 1)} are wasted`,
    description:
      "Share of each layer's cells that is used, wasted (in a used column, but without a weight, since another row group needs the column) or empty (rest of the last arrays).",
    rowTitle: "layer",
    axis: shareAxis("share of the layer's cells"),
    series: [
      { name: "used", colour: colours.occupied },
      { name: "wasted", colour: colours.wasted },
      { name: "empty", colour: colours.empty },
    ],
    rows: result.data.layers.map(({ matrix, cells: { used, wasted, empty } }) => {
      const layer = used + wasted + empty;
      return {
        label: matrix,
        values: [used, wasted, empty].map((cell) => share(cell, layer)),
        text: `${count(layer)} cells`,
      };
    }),
    references: [{ label: "used in the whole network", value: share(cells.used, all) }],
  });
}

/** How many of the word lines the images drive, layer by layer. */
export function activityPlots({ data: { layers } }: Result): Plot[] {
  if (layers.length === 0) return [];
  const driven = (layer: LayerData) => layer.positions * layer.rows * layer.inputBits;
  const mean = share(
    sum(layers, (layer) => layer.activity * driven(layer)),
    sum(layers, driven),
  );
  const largest = max(layers, ({ activity }) => activity) ?? 0;
  const plot = barChart({
    id: "activity",
    title: `${percent(mean, 1)} of the word lines are driven in a read, by layer`,
    description:
      "Share of word lines that carry a one, over all output positions, rows and input bits. Converter energy grows with it.",
    rowTitle: "layer",
    axis: shareAxis("driven word lines", { max: largest > 0.5 ? 1 : Math.max(largest, 0.05) }),
    bars: layers.map(({ matrix, activity }) => ({ label: matrix, value: activity })),
    references: [{ label: "all layers", value: mean }],
  });
  return [plot];
}

/** The first arrays of one layer, cell by cell. */
export function drawingPlot(layer: LayerData, id: string): Plot {
  const { drawing, matrix } = layer;
  const { arraysShown, arraysTotal } = drawing;
  return arrayMap({
    id,
    title: `${matrix}: ${count(arraysShown)} of ${count(arraysTotal)} arrays`,
    description: `The layer's ${count(layer.rows)} × ${count(layer.columns)} weights of ${layer.weightBits} bit on arrays of ${drawing.rows} × ${drawing.columns} cells: word lines run from left to right, bit lines from top to bottom. Lines inside an array part its row groups, which are read one after another.`,
    drawing,
  });
}
