// A thread that hosts ONNX Runtime. Started as a program of its own, it prints what the machine offers as JSON instead,
// so that a driver that ends the process ends only this one.
import { parentPort } from "node:worker_threads";
import { serveRuntime } from "../runtime/port.js";
import { probeRuntimes } from "../runtime/probe.js";

if (parentPort) serveRuntime(parentPort);
else process.stdout.write(`${JSON.stringify(await probeRuntimes({ accelerators: true }))}\n`);
