import { afterAll, describe, expect, test } from "vitest";
import { openRuntime } from "../../src/runtime/open.js";
import type { Runtime, RuntimeKind } from "../../src/runtime/types.js";
import { type DType, type Tensor, type TensorData, tensor } from "../../src/tensor.js";
import { oneOpModel } from "./tiny-models.js";

const samples: { readonly [D in DType]: TensorData[D] } = {
  f32: Float32Array.of(0.1, -2, Number.POSITIVE_INFINITY),
  f64: Float64Array.of(0.1, -2, 1e300),
  i64: Float64Array.of(2 ** 53 - 1, -7, 0),
  i32: Int32Array.of(2 ** 31 - 1, -7, 0),
  i8: Int8Array.of(127, -128, 0),
  u8: Uint8Array.of(255, 1, 0),
  bool: Uint8Array.of(1, 0, 1),
};

describe.each(["native", "web"] as const)("%s", (kind: RuntimeKind) => {
  const opened = openRuntime({ prefer: kind });
  const use = async (): Promise<Runtime> => opened;
  afterAll(async () => (await use()).close());

  const identity = async (dtype: DType, data: TensorData[DType]): Promise<Tensor> => {
    const session = await (await use()).load(oneOpModel("Identity", { x: dtype }, dtype));
    return (await session.run({ x: tensor(dtype, [data.length], data) }))["y"]!;
  };

  test.each(Object.keys(samples) as DType[])("%s goes in and out unchanged", async (dtype) => {
    const result = await identity(dtype, samples[dtype]);
    expect(result).toEqual({ dtype, shape: [3], data: samples[dtype] });
    expect(result.data.constructor).toBe(samples[dtype].constructor);
  });

  test("the ends of the 64-bit integers, which doubles cannot hold, stay at the ends", async () => {
    const ends = Float64Array.of(2 ** 63, -(2 ** 63), Number.POSITIVE_INFINITY);
    expect((await identity("i64", ends)).data).toEqual(Float64Array.of(2 ** 63, -(2 ** 63), 2 ** 63));
  });

  test("a fraction among 64-bit integers is refused", async () => {
    await expect(identity("i64", Float64Array.of(1, 0.5))).rejects.toThrow('input "x" is i64 and holds 0.5');
  });

  test("shared memory, views and Buffers are taken", async () => {
    const shared = new Float32Array(new SharedArrayBuffer(12));
    shared.set([1, 2, 3]);
    expect([...(await identity("f32", shared)).data]).toEqual([1, 2, 3]);
    expect([...(await identity("f32", Float32Array.of(9, 1, 2, 9).subarray(1, 3))).data]).toEqual([1, 2]);
    expect([...(await identity("u8", Buffer.from([4, 5]))).data]).toEqual([4, 5]);
  });
});
