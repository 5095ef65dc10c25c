import { count, percent, wilsonInterval } from "../format.js";
import { barChart, lineChart, type Plot, type Reference, shareAxis } from "../plots/index.js";
import type { Result } from "../types.js";

const interval = "95 % interval of the image sample (Wilson)";
const imagesNote = (images: number): string => `${count(images)} images`;

/** Accuracy down the steps to the hardware, and by converter width; what was not measured has no plot. */
export function accuracyPlots(result: Result): Plot[] {
  const plots = result.data.ladder.length > 0 ? [ladderPlot(result)] : [];
  return result.data.adcSweep.some(({ bits }) => bits !== null) ? [...plots, sweepPlot(result)] : plots;
}

function ladderPlot(result: Result): Plot {
  const { fp32, hardware } = result.accuracy;
  const ends = [
    ...(fp32 === null ? [] : [`${percent(fp32)} in FP32`]),
    ...(hardware === null ? [] : [`${percent(hardware)} on the hardware`]),
  ];
  return barChart({
    id: "accuracy-ladder",
    title: ["Accuracy", ends.join(", ")].filter(Boolean).join(": "),
    description:
      "Share of test images that are classified correctly after each step towards the hardware. Steps may be measured on different numbers of images; the interval shows how far the number of images alone can move a value.",
    rowTitle: "step",
    axis: shareAxis("accuracy", { digits: 2 }),
    bars: result.data.ladder.map(({ name, accuracy, images }) => ({
      label: name,
      value: accuracy,
      note: imagesNote(images),
      interval: wilsonInterval(accuracy, images),
    })),
    intervalLabel: interval,
    references: fp32 === null ? [] : [{ label: "FP32", value: fp32 }],
  });
}

function sweepPlot(result: Result): Plot {
  const { adcSweep } = result.data;
  const ideal = adcSweep.find(({ bits }) => bits === null);
  const points = adcSweep.flatMap(({ bits, accuracy, images }) =>
    bits === null
      ? []
      : [{ x: bits, y: accuracy, interval: wilsonInterval(accuracy, images), note: imagesNote(images) }],
  );
  const references: Reference[] = [];
  if (result.accuracy.fp32 !== null) references.push({ label: "FP32", value: result.accuracy.fp32 });
  if (ideal) references.push({ label: "ideal", value: ideal.accuracy });
  // Lines of accuracy do not start at zero, or no difference between converters could be seen.
  const lows = [...points.map((point) => point.interval[0]), ...references.map(({ value }) => value)];
  const min = Math.max(0, Math.floor(Math.min(...lows) * 10) / 10);
  return lineChart({
    id: "adc-sweep",
    title: "Accuracy on the hardware by converter width",
    description: `Every width on the same images${
      ideal ? "; the line “ideal” is a converter that returns every sum unchanged" : ""
    }. The vertical axis starts at ${percent(min, 0)}.`,
    series: [{ name: "hardware accuracy", points }],
    x: { title: "ADC width (bit)", max: 12, tick: String, value: (bits) => `${bits} bit` },
    y: { ...shareAxis("accuracy", { digits: 2 }), min },
    references,
    intervalLabel: interval,
  });
}
