import type { MakeCommand } from '../command.js';
import { list } from './list.js';
import { recommend } from './recommend.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly MakeCommand[] = [recommend, list];
