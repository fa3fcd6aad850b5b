/** A piece of the set-up. Each answers two questions: is it there, and how is it made. */
export interface Part {
  readonly name: string;
  /** What needs it. */
  readonly purpose: string;
  /** Where it is, or which: undefined where it is missing. */
  present(): Promise<string | undefined>;
  /** Makes it, telling `say` what takes long, and answers as `present` does. */
  install(say: Say): Promise<string>;
}

export type Say = (line: string) => void;

/** Something a person has to do: the message is what is missing and the remedy, to be read without a stack. */
export class SetupProblem extends Error {
  override readonly name = 'SetupProblem';
}

export interface Outcome {
  readonly name: string;
  readonly state: 'present' | 'installed' | 'failed';
  /** What is there; of a failure, the sentence. */
  readonly note: string;
  readonly seconds: number;
}

/** Looks, and makes what is missing; a failure is an outcome, so that the other parts get their turn. */
export async function setUp({ name, present, install }: Part, say: Say): Promise<Outcome> {
  const started = Date.now();
  const outcome = (state: Outcome['state'], note: string): Outcome => ({
    name,
    state,
    note,
    seconds: (Date.now() - started) / 1000,
  });
  try {
    const found = await present();
    return found === undefined ? outcome('installed', await install(say)) : outcome('present', found);
  } catch (error) {
    if (error instanceof SetupProblem) return outcome('failed', error.message);
    return outcome('failed', error instanceof Error ? (error.stack ?? error.message) : `${error}`);
  }
}
