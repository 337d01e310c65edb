import { fuzzIntake } from './fuzz';

const SEED = Number(process.env.FUZZ_SEED ?? 20261123);
const INPUTS = Number(process.env.FUZZ_INPUTS ?? 20_000);

describe('whatever arrives', () => {
  it('ends as an event that can be stored, a dead letter with a known code, or a skipped type, and never throws', () => {
    const counts = fuzzIntake({
      seed: SEED,
      inputs: INPUTS,
      onProgress: (tried) => INPUTS > 20_000 && process.stderr.write(`\r${tried} of ${INPUTS} inputs`),
    });
    process.stdout.write(`fuzz of intake: ${JSON.stringify(counts)}\n`);
    // A fuzz that only ever gets one answer tests one line.
    expect(counts.events).toBeGreaterThan(INPUTS / 50);
    expect(Object.keys(counts.deadLetters).length).toBeGreaterThan(12);
    expect(counts.skipped).toBeGreaterThan(0);
  });
});
