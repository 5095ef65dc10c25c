import type { OptimizerOptions } from "../../src/train/optimizers.js";

/** The optimisers once more, one number after another in double precision: torch.optim's documentation written down. */
export class ReferenceOptimizer {
  readonly #memory = new Map<string, Float64Array>();
  #steps = 0;

  constructor(
    readonly options: OptimizerOptions,
    readonly decay: number,
  ) {}

  step(parameter: Float64Array, gradient: Float64Array, rate: number): void {
    this.#steps++;
    for (let i = 0; i < parameter.length; i++) {
      if (this.options.kind === "sgd") this.#sgd(parameter, gradient[i]!, i, rate);
      else this.#adam(parameter, gradient[i]!, i, rate);
    }
  }

  #slot(name: string, length: number): Float64Array {
    const slot = this.#memory.get(name) ?? new Float64Array(length);
    this.#memory.set(name, slot);
    return slot;
  }

  #sgd(parameter: Float64Array, gradient: number, i: number, rate: number): void {
    if (this.options.kind !== "sgd") return;
    const { momentum = 0, nesterov = false } = this.options;
    let g = gradient + this.decay * parameter[i]!;
    if (momentum !== 0) {
      const buffer = this.#slot("momentum", parameter.length);
      buffer[i] = this.#steps === 1 ? g : momentum * buffer[i]! + g;
      g = nesterov ? g + momentum * buffer[i]! : buffer[i]!;
    }
    parameter[i]! -= rate * g;
  }

  #adam(parameter: Float64Array, gradient: number, i: number, rate: number): void {
    if (this.options.kind !== "adam") return;
    const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, decoupled = false } = this.options;
    const [first, second] = [this.#slot("first", parameter.length), this.#slot("second", parameter.length)];
    let g = gradient;
    if (decoupled) parameter[i]! -= rate * this.decay * parameter[i]!;
    else g += this.decay * parameter[i]!;
    first[i] = beta1 * first[i]! + (1 - beta1) * g;
    second[i] = beta2 * second[i]! + (1 - beta2) * g * g;
    const mean = first[i]! / (1 - beta1 ** this.#steps);
    const deviation = Math.sqrt(second[i]!) / Math.sqrt(1 - beta2 ** this.#steps);
    parameter[i]! -= (rate * mean) / (deviation + epsilon);
  }
}
