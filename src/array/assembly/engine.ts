// Instructions that the engine may have in a faster form; where they differ from the strict ones, no operand of ours
// comes near.

// @ts-ignore: decorator
@inline
export function swizzle(table: v128, index: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i8x16.relaxed_swizzle(table, index) : i8x16.swizzle(table, index);
}

// @ts-ignore: decorator
@inline
export function multiplyHigh(a: v128, b: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? i16x8.relaxed_q15mulr_s(a, b) : i16x8.q15mulr_sat_s(a, b);
}
