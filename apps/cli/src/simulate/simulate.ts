import { type FileHandle, open } from 'node:fs/promises';
import { type EventLine } from '../events/event.line';
import { simulation, type SimulationOptions } from './simulation';

export { SAMPLE_FLOWS } from './sample.flows';
export { SAMPLE_WORKFORCE } from './sample.workforce';
export { DEFAULT_START, type SimulationOptions } from './simulation';

/** The simulation as lines to publish. */
export function* simulatedLines(options: SimulationOptions): Generator<EventLine> {
  let number = 0;
  for (const line of simulation(options)) {
    number += 1;
    yield { number, headers: {}, ...line };
  }
}

/** The simulation as a file for `events publish`. @returns how many lines it has. */
export async function writeSimulation(path: string, options: SimulationOptions): Promise<number> {
  const file = await open(path, 'w');
  try {
    return await writeLines(file, options);
  } finally {
    await file.close();
  }
}

const LINES_AT_ONCE = 1_000;

async function writeLines(file: FileHandle, options: SimulationOptions): Promise<number> {
  let lines: string[] = [];
  let written = 0;
  const flush = async (): Promise<void> => {
    await file.write(lines.map((line) => `${line}\n`).join(''));
    written += lines.length;
    lines = [];
  };
  for (const line of simulation(options)) {
    lines.push(JSON.stringify(line));
    if (lines.length >= LINES_AT_ONCE) await flush();
  }
  await flush();
  return written;
}
