// Compiles src/array/assembly to WebAssembly, once with and once without relaxed SIMD, and writes both into a module
// that Node and browsers load alike.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";

const root = join(import.meta.dirname, "..");
const target = join(root, "src/array/generated/wasm.ts");

/** @param {string[]} features */
async function compile(...features) {
  const enabled = ["simd", "threads", ...features].flatMap((feature) => ["--enable", feature]);
  // The loader also makes memories that are not shared (src/array/simd/module.ts).
  const memory = ["--importMemory", "--sharedMemory", "--maximumMemory", "65536"];
  /** @type {Uint8Array | undefined} */
  let wasm;
  const options = ["-O3", "--noAssert", "--runtime", "stub", ...memory, ...enabled];
  const { error, stderr } = await asc.main(
    ["src/array/assembly/index.ts", ...options, "--outFile", "kernels.wasm", "--baseDir", root],
    {
      writeFile: (_name, contents) => {
        if (typeof contents !== "string") wasm = contents;
      },
    },
  );
  if (error || !wasm) throw new Error(`the kernels do not compile\n${stderr}`, { cause: error });
  return Buffer.from(wasm).toString("base64");
}

/** Compiles the kernels and writes their module, unless it holds them already. */
export async function buildKernels() {
  const [plain, relaxed] = [await compile(), await compile("relaxed-simd")];
  const text = `// Written by scripts/kernels.mjs from src/array/assembly.
export const plainWasm =
  "${plain}";
export const relaxedWasm =
  "${relaxed}";
`;
  // An unchanged file keeps its time: compiled workers count as stale when a source is younger than they are.
  if (existsSync(target) && readFileSync(target, "utf8") === text) return;
  mkdirSync(join(target, ".."), { recursive: true });
  writeFileSync(target, text);
}
