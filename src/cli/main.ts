#!/usr/bin/env node
import { main } from "./program.js";

// Whoever read our output may be gone: `xbarkit ... | head`, a sweep that was killed. Work ends as it should then, too.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });

process.exitCode = await main(process.argv.slice(2));
