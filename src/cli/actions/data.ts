import { datasetNames, datasets, InputError, isDatasetName, nearest } from "../../index.js";
import { downloadDataset } from "../../node/index.js";
import type { CommonFlags } from "../command.js";
import { oneOf, print, readCommon } from "../output.js";

export interface DataFlags {
  readonly dataDir?: string;
  readonly url?: string;
  readonly force?: true;
}

export async function data(verb: string, name: string, flags: DataFlags & CommonFlags): Promise<void> {
  const common = readCommon(flags);
  oneOf("VERB", verb, ["get"]);
  if (!isDatasetName(name)) {
    const near = nearest(name, datasetNames);
    throw new InputError(`NAME is ${name}`, {
      hint: `${near ? `did you mean ${near}? ` : ""}there are: ${datasetNames.join(", ")}`,
    });
  }
  const spec = datasets[name];
  if ("generate" in spec) {
    const { train, test } = spec.counts;
    print(common, { name, folder: null, fetched: [], present: [] }, () => {
      const images = `${train.toLocaleString("en")} training and ${test.toLocaleString("en")} test images`;
      return `${name} is drawn by the program when it is needed (${images}): there is nothing to fetch`;
    });
    return;
  }
  if ("stems" in spec)
    throw new InputError(`${name} cannot be fetched: ${spec.closed}`, {
      hint: `make the files of its folder ${spec.folder}/ from the originals: docs/data.md says how`,
    });
  const stages = new Map<string, ReturnType<typeof common.progress.stage>>();
  const result = await downloadDataset(spec, {
    ...(flags.dataDir === undefined ? {} : { dir: flags.dataDir }),
    ...(flags.url === undefined ? {} : { url: flags.url }),
    force: flags.force === true,
    onProgress: ({ file, received_bytes, total_bytes }) => {
      const total = total_bytes === undefined ? undefined : Math.ceil(total_bytes / 1e6);
      const stage = stages.get(file) ?? common.progress.stage(`${file}, MB`, total);
      stages.set(file, stage);
      stage.update(Math.floor(received_bytes / 1e6));
      if (received_bytes === total_bytes) stage.done();
    },
  });
  print(common, { name, ...result }, () => {
    const counts = `${result.fetched.length} fetched, ${result.present.length} there already`;
    return `${name} is in ${result.folder} (${counts})`;
  });
}
