type TypedArray = { readonly buffer: ArrayBufferLike; readonly byteLength: number; readonly length: number };

/** Smaller arrays are as cheap to copy. */
const leastBytes = 4096;

const isPlain = (value: object): boolean =>
  [Object.prototype, null].includes(Object.getPrototypeOf(value) as object | null);

/**
 * The same value with its large typed arrays in memory that threads share, so that structured cloning copies none of
 * them. What is shared already, and everything but plain objects, lists and maps, stays as it is.
 */
export function withSharedArrays<T>(value: T): T {
  const known = new Map<unknown, unknown>();
  const share = (at: unknown): unknown => {
    if (typeof at !== "object" || at === null) return at;
    const found = known.get(at);
    if (found !== undefined) return found;
    const made = shared(at, share);
    known.set(at, made);
    return made;
  };
  return share(value) as T;
}

function shared(value: object, share: (at: unknown) => unknown): unknown {
  if (ArrayBuffer.isView(value)) return value instanceof DataView ? value : sharedArray(value as never);
  if (Array.isArray(value)) return value.map(share);
  if (value instanceof Map) return new Map([...value].map(([key, each]) => [key, share(each)]));
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, share(each)]));
}

function sharedArray(values: TypedArray & ArrayLike<number>): TypedArray {
  if (values.byteLength < leastBytes || values.buffer instanceof SharedArrayBuffer) return values;
  const Type = values.constructor as new (
    buffer: SharedArrayBuffer,
  ) => TypedArray & { set(from: ArrayLike<number>): void };
  const copy = new Type(new SharedArrayBuffer(values.byteLength));
  copy.set(values);
  return copy;
}
