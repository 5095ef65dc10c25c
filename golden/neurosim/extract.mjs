// Makes reference.json of an output of DNN+NeuroSim V1.4 for ResNet-20 (see README.md for the run).
// node golden/neurosim/extract.mjs RESULTS.json
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { configs } = JSON.parse(readFileSync(process.argv[2], "utf8"));
const digits = (value) => Number(Number(value).toPrecision(7));
const chipKeys = {
  array: "Chip total CIM array",
  adc: "Total ADC",
  interconnect: "Total IC Area",
  accumulation: "Total Accumulation",
};

/** What a chip takes per image, in SI; the first key is that of a pipeline, the second of layers one after another. */
const imageKeys = {
  interval_s: ["Chip pipeline-system-clock-cycle", "Chip layer-by-layer readLatency", 1e-9],
  leakage_J: ["Chip pipeline-system leakage Energy", "Chip total leakage Energy", 1e-12],
  leakage_W: ["Chip pipeline-system leakage Power", "Chip total leakage Power", 1e-6],
  buffer_s: ["Chip pipeline-system buffer readLatency", "Chip buffer readLatency", 1e-9],
  buffer_J: ["Chip pipeline-system buffer readDynamicEnergy", "Chip buffer readDynamicEnergy", 1e-12],
  interconnect_s: ["Chip pipeline-system ic readLatency", "Chip ic readLatency", 1e-9],
  interconnect_J: ["Chip pipeline-system ic readDynamicEnergy", "Chip ic readDynamicEnergy", 1e-12],
};

/** Share of a layer's reads in which no row is driven: what the converters' energy leaves over (README.md). */
function idleShares({ config, layers }) {
  const bits = config.adcBits;
  return layers.map((layer) => {
    const columns = layer.convertedColumns;
    const power_W = (layer.adc_pJ * 1e-12) / (layer.calls * columns * (bits + 1) * 1e-9);
    const fixed_W = (1.1294 * bits + 8.8998) * 1e-6;
    const column_W = 0.079449 * Math.exp(-2.297 * Math.log10(1 / layer.column_S));
    return Number(Math.min(1, Math.max(0, (fixed_W + column_W - power_W) / (fixed_W - 1e-6))).toFixed(4));
  });
}

const outputs = [16, 16, 16, 16, 16, 16, 16, 32, 32, 32, 32, 32, 32, 64, 64, 64, 64, 64, 64, 10];
const readVoltages = { 130: 0.58, 90: 0.58, 65: 0.55, 45: 0.51, 32: 0.51, 22: 0.55, 14: 0.277, 7: 0.264 };
const reference = Object.entries(configs).map(([name, run]) => {
  const { config } = run;
  const find = (start) => run.chip[Object.keys(run.chip).find((key) => key.startsWith(start))];
  return {
    name,
    config: {
      node_nm: config.technode,
      roadmap: config.deviceroadmap === 1 ? "HP" : "LSTP",
      rows: config.numRowSubArray,
      columns: config.numColSubArray,
      adcBits: Math.log2(config.levelOutput),
      columnsPerConverter: config.numColMuxed,
      cellWidth: config.widthInFeatureSize1T1R,
      write_V: config.writeVoltage,
      read_V: name.endsWith("default_vread") ? readVoltages[config.technode] : config.readVoltage,
      wordLineSwitch: config.newswitchmatrixsizeratio ?? null,
      kernelMapping: config.novelMapping === 1,
      pipelined: config.pipeline !== 0,
      htree: config.globalBusType === 1,
      padded: name.includes("padded"),
      iid: name.endsWith("p50"),
    },
    probes: run.subarrayProbes.map((probe) => ({
      activity: probe.activity,
      components: {
        array: [probe.array_area_um2, probe.column_delay_ns * 1e-9, probe.array_wl_energy_pJ].map(digits),
        ...Object.fromEntries(
          Object.entries(probe.components).map(([part, c]) => [
            part,
            [c.area_um2, c.latency_raw_s_or_cycles, c.energy_pJ, c.leakage_uW * 1e-6].map(digits),
          ]),
        ),
      },
      cycle_s: digits(probe.sensing_cycle_ns_incl_beta * 1e-9),
      subArray_um2: digits(probe.subarray_area_um2),
    })),
    layers: run.layers.map((layer, i) => ({
      calls: layer.calls,
      convertedColumns: Math.min(config.numColSubArray, 2 * outputs[i]),
      drivenRows: digits(layer.mean_row_activity * config.numRowSubArray),
      column_S: layer.mean_column_conductance_S,
      adc_pJ: digits(layer.energy_pJ.sar_adc),
      wordLines_pJ: digits(layer.energy_pJ.array_wl),
      parts_pJ: Object.fromEntries(
        Object.entries(layer.energy_pJ)
          .filter(([part]) => !["array_wl", "sar_adc", "subarray_total"].includes(part))
          .map(([part, energy_pJ]) => [part, digits(energy_pJ)]),
      ),
    })),
    chip_um2: {
      ...Object.fromEntries(Object.entries(chipKeys).map(([key, start]) => [key, find(start)])),
      all: find("ChipArea"),
      globalBuffer: run.chipAreaParts.global_buffer_um2,
      kernelTile: run.chipAreaParts.nm_tile.area_um2,
      squareTile: run.chipAreaParts.cm_tile.area_um2,
    },
    image: Object.fromEntries(
      Object.entries(imageKeys).map(([key, [pipelined, serial, unit]]) => [
        key,
        digits((find(pipelined) ?? find(serial)) * unit),
      ]),
    ),
  };
});
const idleOf = (name) => idleShares(reference.find((entry) => entry.name === name));
const [base, dense, cut, tall] = [
  "b_base_128x128_cell4F",
  "b_base_conventional_mapping",
  "b_base_conventional_layer_by_layer",
  "b_paper_144x32_conventional_mapping",
];
/** Shares by which `from` itself is tested: those of other configurations, in the layers that both read in the same blocks. */
const of = (name, first, last) =>
  idleOf(name).map((share, i) => (i + 1 >= first && i + 1 <= last ? share : null));
const either = (a, b) => a.map((share, i) => share ?? b[i]);
const idle = {
  kernel: { from: base, shares: idleOf(base), check: idleOf("c_adc_8bit") },
  // Maps of 16 channels have 144 rows, which arrays of 128 rows read whole in a pipeline.
  rows128: { from: dense, shares: idleOf(dense), check: either(of(tall, 1, 7), of(cut, 9, 20)) },
  // Layer by layer the program cuts a layer of 144 rows in two, in a pipeline it reads it whole.
  rows128cut: { from: cut, shares: idleOf(cut), check: either(of(dense, 1, 1), of(dense, 9, 20)) },
  rows144: { from: tall, shares: idleOf(tall), check: either(of(dense, 1, 7), of(dense, 20, 20)) },
};
// Word-line energies and calls say all of a layer that its mean conductance would; it is only needed above.
for (const { layers } of reference) for (const layer of layers) delete layer.column_S;
writeFileSync(
  join(import.meta.dirname, "reference.json"),
  `${JSON.stringify({ idle, configs: reference })}\n`,
);
