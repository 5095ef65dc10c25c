export { type AlphaTrainingOptions, alphaTraining } from "./alpha-training.js";
export {
  type ActivationTrainingOptions,
  type QuantizationAwareOptions,
  quantizationAware,
} from "./aware.js";
export { type AlphaCalibration, type CalibrateAlphasOptions, calibrateAlphas } from "./calibrate-alphas.js";
export { evaluationModel } from "./evaluation.js";
export { type GraphRunner, quantizePostTraining } from "./post-training.js";
export { type LayerBits, type QuantizerSite, quantizerSites, type SiteOptions } from "./sites.js";
export { hasStoredRanges, storeRanges } from "./stored-ranges.js";
export {
  type QuantizedLayer,
  quantizedLayers,
  trainedWeightCodes,
  type WeightTrainingOptions,
  weightStep,
} from "./weight-chain.js";
