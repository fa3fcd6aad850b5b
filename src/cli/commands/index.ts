import type { MakeCommand } from '../command.js';
import { audit } from './audit.js';
import { compare } from './compare.js';
import { convert } from './convert.js';
import { describe } from './describe.js';
import { fold } from './fold.js';
import { list } from './list.js';
import { recommend } from './recommend.js';

/** Every command, in the order of the help. */
export const COMMANDS: readonly MakeCommand[] = [recommend, list, describe, audit, convert, fold, compare];

/** Commands whose exit code 1 is an answer: they end with another one where they could give none. */
export const COULD_NOT_RUN: Readonly<Record<string, 2>> = { audit: 2 };
