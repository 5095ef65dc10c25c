import { describe, expect, test } from "vitest";
import {
  compressionRates,
  groupSparsity,
  layerCompression,
  rateOfGroups,
  rateOfWeights,
  remainingParameters,
} from "../../src/cost/index.js";
import { meng2021 } from "../../src/hardware/presets/meng2021.js";
import { place } from "../../src/mapping/place.js";
import { convChain, groupedCodes } from "./support.js";

// Meng et al. 2021, Table II: group sparsity and compression rate as printed.
describe("Table II (spec check 9)", () => {
  test.each([
    ["ResNet-20 144×1", 34.54, 12.22],
    ["ResNet-20 72×1", 51.56, 16.51],
    ["ResNet-20 36×1", 56.43, 18.36],
    ["ResNet-18 144×1", 86.14, 57.72],
    ["ResNet-18 72×1", 87.76, 65.35],
    ["ResNet-18 36×1", 90.52, 84.38],
    ["ResNet-18 ImageNet 144×1", 19.24, 9.91],
    ["ResNet-18 ImageNet 72×1", 23.77, 10.49],
    ["ResNet-18 ImageNet 36×1", 26.41, 10.87],
  ])("%s: %f %% give %f", (_, percent, printed) => {
    expect(Math.abs(rateOfGroups(4, percent / 100) - printed)).toBeLessThanOrEqual(0.01);
  });

  // Remaining weights as recomputed from the printed rates; 12,973,440 weights without biases and batch norm.
  test.each([
    ["144×1", 1_818_919, 57.06],
    ["72×1", 1_401_209, 74.07],
    ["36×1", 1_429_383, 72.61],
  ])("VGG-8 %s: %i weights left give %f", (_, remaining, printed) => {
    expect(Math.abs(rateOfWeights(4, 12_973_440, remaining) - printed)).toBeLessThanOrEqual(0.01);
  });

  // The first dense layer is pruned by neurons: outside the printed sparsity, inside the printed rate (spec 7.1).
  test.each([
    ["144×1", 65.79, 1_818_919, 57.06],
    ["72×1", 74.24, 1_401_209, 74.07],
    ["36×1", 73.4, 1_429_383, 72.61],
  ])(
    "VGG-8 %s: %f %% of the convolutions' groups and the neurons that remain",
    (_, percent, remaining, printed) => {
      const [first, convolutions, neurons, last] = [3456, 4_571_136, 8_388_608, 10_240];
      const whole = { weightBits: 4, index_bit: 0 };
      const dense = (weights: number) => ({
        ...whole,
        weights,
        remainingWeights: weights,
        groups: 0,
        prunedGroups: 0,
      });
      const inConvolutions = convolutions * (1 - percent / 100);
      const inNeurons = remaining - first - inConvolutions - last;
      const layers = [
        dense(first),
        {
          ...whole,
          weights: convolutions,
          remainingWeights: inConvolutions,
          groups: 10_000,
          prunedGroups: 100 * percent,
        },
        {
          ...{ ...whole, weights: neurons, remainingWeights: inNeurons, inGroupSparsity: false },
          ...{ groups: 1024, prunedGroups: 1024 * (1 - inNeurons / neurons) },
        },
        dense(last),
      ];
      const rates = compressionRates({ layers, floatParameters: 0 });
      expect(Math.abs(rates.paper - printed)).toBeLessThanOrEqual(0.01);
      expect(groupSparsity(layers)).toBeCloseTo(percent / 100, 10);
      // 29.5, 25.6 and 24.4 of 1024 neurons (spec 7.1).
      expect(Math.abs(inNeurons / 8192 - { "144×1": 29.5, "72×1": 25.6, "36×1": 24.4 }[_]!)).toBeLessThan(
        0.06,
      );
    },
  );

  test.each([
    [34.54, 0.18],
    [51.56, 0.135],
    [56.43, 0.122],
  ])("ResNet-20 at %f %% keeps %f million parameters", (percent, millions) => {
    expect(remainingParameters(272_474, 267_264, percent / 100) / 1e6).toBeCloseTo(millions, 3);
  });
});

describe("the three rates from counts", () => {
  /** ResNet-20 with convolutions in its shortcuts: 270,896 weights, 1,578 numbers of batch norm and bias. */
  const resnet20 = (sparsity: number, groups: number) => ({
    layers: [
      {
        weights: 267_264,
        remainingWeights: 267_264 * (1 - sparsity),
        weightBits: 4,
        groups,
        prunedGroups: groups * sparsity,
        index_bit: groups,
      },
      { weights: 3632, remainingWeights: 3632, weightBits: 4, groups: 0, prunedGroups: 0, index_bit: 0 },
    ],
    floatParameters: 1578,
  });

  // Spec 7.2: with the bitmap but everything at 4 bits 12.07, 16.08, 17.65; honest about 11.4, 14.9, 16.2.
  test.each([
    [0.3454, 1856, 12.22, 12.07, 11.4],
    [0.5156, 3712, 16.51, 16.08, 14.9],
    [0.5643, 7424, 18.36, 17.65, 16.2],
  ])("ResNet-20 at %f", (sparsity, groups, paper, withBitmap, honest) => {
    const rates = compressionRates(resnet20(sparsity, groups));
    expect(Math.abs(rates.paper - paper)).toBeLessThanOrEqual(0.01);
    const before_bit = 32 * 272_474;
    expect(before_bit / (before_bit / rates.parameters + groups)).toBeCloseTo(withBitmap, 2);
    expect(rates.parameters).toBeCloseTo(8 * (272_474 / remainingParameters(272_474, 267_264, sparsity)), 10);
    expect(rates.honest).toBeCloseTo(honest, 1);
  });

  test("a network without groups has its quantisation's rate", () => {
    const layer = {
      weights: 100,
      remainingWeights: 100,
      weightBits: 8,
      groups: 0,
      prunedGroups: 0,
      index_bit: 0,
    };
    const rates = compressionRates({ layers: [layer], floatParameters: 0 });
    expect(rates).toEqual({ paper: 4, parameters: 4, honest: 4 });
  });

  test("parameters before compression may be more than weights and float parameters", () => {
    const layer = {
      weights: 100,
      remainingWeights: 50,
      weightBits: 4,
      groups: 4,
      prunedGroups: 2,
      index_bit: 4,
    };
    const rates = compressionRates({ layers: [layer], floatParameters: 10, totalParameters: 120 });
    expect(rates.parameters).toBe((32 * 120) / (200 + 40));
    expect(rates.honest).toBe((32 * 120) / (200 + 320 + 4));
  });

  test("nothing left is no rate", () => {
    const layer = {
      weights: 9,
      remainingWeights: 0,
      weightBits: 4,
      groups: 1,
      prunedGroups: 1,
      index_bit: 1,
    };
    expect(() => compressionRates({ layers: [layer], floatParameters: 1 })).toThrow("remaining weights is 0");
  });

  test("counts come from the placement", () => {
    const codes = groupedCodes(16, 16, 72, (output, band) => output % 4 === 0 || band === 1);
    const model = convChain(16, 4, [{ name: "conv", outputs: 16, codes, groupRows: 72 }]);
    const layers = layerCompression(place(model, meng2021));
    expect(layers).toEqual([
      {
        weights: 2304,
        remainingWeights: 20 * 72,
        weightBits: 4,
        groups: 32,
        prunedGroups: 12,
        index_bit: 32,
      },
    ]);
    expect(groupSparsity(layers)).toBe(12 / 32);
    expect(compressionRates({ layers, floatParameters: 0 }).paper).toBe(8 / (1 - 12 / 32));
  });
});
