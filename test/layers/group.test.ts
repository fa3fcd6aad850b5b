import * as pack from '../../src/index.js';
import { expectThrows } from '../suites/harness.js';
import { onCpu } from './setup.js';

onCpu();

const built = (args: pack.GroupNormalizationArgs, shape: (number | null)[] = [null, 5, 5, 32]) => {
  const layer = pack.groupNormalization(args);
  layer.build(shape);
  return layer.getConfig().groups;
};

test.each([
  [32, 16],
  [64, 32],
  [48, 24],
  [7, 1],
  [6, 3],
  [1, 1],
  [96, 32],
])("'auto' of %i channels is %i groups", (channels, groups) => {
  expect(built({ groups: 'auto' }, [null, 5, channels])).toBe(groups);
});

test('the configuration keeps what the caller gave', () => {
  expect(built({ groups: -1 })).toBe(-1);
  expect(built({})).toBe(32);
});

test('groups that do not fit are refused with the choices', () => {
  expectThrows(
    () => built({ groups: 5 }),
    /^\[GroupNormalization ".*"\] groups must divide channels\. Received groups=5, channels=32\. Use one of 1, 2, 4, 8, 16, 32, or groups: 'auto'\.$/,
  );
  expectThrows(() => built({ groups: 64 }), /groups must divide channels/);
  expectThrows(() => built({ groups: 4 }, [null, 4]), /more than one value/);
  for (const groups of [0, -2, 1.5, '32', Number.NaN]) {
    expectThrows(() => pack.groupNormalization({ groups: groups as number }), /groups must be/);
  }
});
