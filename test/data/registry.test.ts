import { expect, test } from "vitest";
import { batches, normalizations } from "../../src/data/batches.js";
import {
  type DatasetName,
  datasetNames,
  datasets,
  defaultNormalization,
  isDatasetName,
} from "../../src/data/registry.js";
import { cifarRecords, mnistImages, mnistLabels } from "./samples.js";

const samples: Record<string, Uint8Array[]> = {
  mnist: [mnistImages(3), mnistLabels(3)],
  cifar10: [cifarRecords([1, 2, 3])],
};

/** The files of the others are read in test/node. */
const inMemory = datasetNames.filter(
  (name): name is Exclude<DatasetName, "imagenet"> => !("stems" in datasets[name]),
);

test.each(inMemory)("%s: the entry fits what it gives and its normalisation takes", (name) => {
  const spec = datasets[name];
  const images =
    "files" in spec
      ? spec.parse(spec.files.test[0]!.map((file, i) => ({ file, bytes: samples[name]![i]! })))
      : spec.generate("test", 3);
  expect(images).toMatchObject({
    name,
    count: 3,
    channels: spec.channels,
    height: spec.height,
    width: spec.width,
  });
  expect(images.classes).toBe(spec.classNames.length);
  const [batch] = batches(images, defaultNormalization(name), { size: 3 });
  expect(batch!.shape).toEqual([3, spec.channels, spec.height, spec.width]);
  for (const archive of "archives" in spec ? spec.archives : []) {
    expect(archive.md5).toMatch(/^[0-9a-f]{32}$/);
    expect(archive.mirrors.length).toBeGreaterThan(0);
    for (const url of archive.mirrors)
      expect(url).toMatch(new RegExp(`^https://.*/${archive.file.replaceAll(".", "\\.")}$`));
  }
});

test("names and normalisations", () => {
  expect(datasetNames).toEqual(["mnist", "cifar10", "drawn-digits", "imagenet"]);
  expect([isDatasetName("cifar10"), isDatasetName("toString"), isDatasetName("cifar")]).toEqual([
    true,
    false,
    false,
  ]);
  expect(normalizations.cifar10.mean.map((m) => Math.round(m * 2550) / 10)).toEqual([125.3, 123, 113.9]);
  expect(defaultNormalization("mnist")).toEqual({
    mean: [0.1307],
    std: [0.3081],
    scale: 1 / 255,
    layout: "NCHW",
  });
});
