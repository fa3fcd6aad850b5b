import '@tensorflow/tfjs-backend-cpu';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as core from '@tensorflow/tfjs-core';
import * as layersPackage from '@tensorflow/tfjs-layers';
import * as pack from '../../src/index.js';
import { NORMS, type NormRow } from '../../src/norms.js';
import { blocksIn, codeIn, linksIn, longLines, PEERS, readDoc, sectionsOf, tableOf } from './peers.js';

/** The migration page is checked against the table of norms, and against what other packages' pages say. */
const text = readDoc('migration.md');
const table = (heading: string) => tableOf(sectionsOf(text).get(heading) as string);
const ids = (rows: readonly NormRow[]) => rows.map(({ id }) => id).join(', ');

/** Rows about something here; the others are about what has no counterpart. */
const ours = (heading: string) =>
  table(heading).rows.flatMap((cells) => {
    const name = /^`(\w+)`$/.exec(cells[0] as string)?.[1];
    return name === undefined ? [] : [{ name, cells }];
  });

beforeAll(() => core.setBackend('cpu'));

test('has its sections in order', () => {
  const headings = ['Layers', 'Options', 'Defaults', 'Weights', 'Traps', 'Example'];
  expect([...sectionsOf(text).keys()]).toEqual(headings);
});

describe('layers', () => {
  const { head, rows } = table('Layers');

  test('there is one row a norm', () => {
    expect(head).toEqual(['here', 'class in files', 'PyTorch', 'Keras', 'TensorFlow Addons']);
    expect(rows.map((cells) => linksIn(cells[0] as string)[0])).toEqual(NORMS.map(({ id }) => `norms/${id}.md`));
  });

  test.each(NORMS.map((row, i) => [row.id, row, rows[i] as string[]] as const))('%s', (id, row, cells) => {
    const [here = '', files = '', torch = '', keras = '', addons = ''] = cells;
    const factories = new Map<string, unknown>(Object.entries(pack));
    const make = factories.get(codeIn(here)[0] as string) as (args: object) => { constructor: { row?: NormRow } };
    const layer = make(row.of === 'weights' ? { layer: layersPackage.layers.dense({ units: 1 }) } : {});
    expect(layer.constructor.row).toBe(row);
    const classes = [...(row.stockClassName ? [row.stockClassName] : []), row.className, ...row.aliases];
    expect(codeIn(files)).toEqual(classes);
    const peer = PEERS[id];
    expect(codeIn(torch)).toEqual(peer.torch);
    expect(codeIn(keras)).toEqual(peer.keras);
    expect(codeIn(addons)).toEqual(peer.addons);
    for (const cell of [torch, keras, addons]) if (codeIn(cell).length === 0) expect(cell).toBe('none');
  });
});

describe('options', () => {
  test('every option has a row', () => {
    const expected = new Set(NORMS.flatMap(({ defaults }) => Object.keys(defaults)));
    expect(ours('Options').map(({ name }) => name)).toHaveLength(expected.size);
    expect(new Set(ours('Options').map(({ name }) => name))).toEqual(expected);
  });

  test.each(ours('Options').map(({ name, cells }) => [name, cells] as const))('%s is an option of', (name, cells) => {
    expect(cells[3]).toBe(ids(NORMS.filter(({ defaults }) => name in defaults)));
    const named = NORMS.flatMap(({ id }) => PEERS[id].options[name]?.named ?? []);
    expect(codeIn(`${cells[1]} ${cells[2]}`)).toEqual(expect.arrayContaining([...new Set(named)]));
  });
});

describe('defaults', () => {
  const { rows } = table('Defaults');
  /** `1e-3` and `0.001` are one number; a dash is none. */
  const number = (cell: string) => (cell === '–' ? undefined : Number(cell));

  test('there is one row a norm', () => expect(rows.map(([id]) => id)).toEqual(NORMS.map(({ id }) => id)));

  test.each(NORMS.map((row, i) => [row.id, row, rows[i] as string[]] as const))('%s', (id, row, cells) => {
    for (const [option, first] of [['epsilon', 1] as const, ['momentum', 4] as const]) {
      const [here = '', keras = '', torch = ''] = cells.slice(first, first + 3);
      expect(number(here)).toBe(row.defaults[option]);
      const peer = PEERS[id].options[option];
      expect(keras).toBe(peer?.keras ?? '–');
      const shown = /^(?:authors )?([\w.-]+|–)(?:: 1\.19e-7)?(?: \(here ([\d.]+)\))?$/.exec(torch);
      expect(shown?.[1]).toBe(peer?.torch ?? '–');
      expect(shown?.[2]).toBe(peer?.kept?.toString());
      expect(torch.startsWith('authors ')).toBe(peer?.torch !== undefined && PEERS[id].keras.length === 0);
    }
  });

  test('groups, and what the sentence below says of them', () => {
    const { groups } = NORMS.find(({ id }) => id === 'group')?.defaults ?? {};
    expect(text).toContain(`\`groups\` is ${groups} here and in Keras, required in PyTorch.`);
    expect([PEERS.group.options.groups?.keras, PEERS.group.options.groups?.torch]).toEqual([`${groups}`, 'required']);
  });
});

describe('weights', () => {
  test('every weight has a row', () => {
    const expected = new Set(NORMS.flatMap(({ weights }) => weights.map(({ name }) => name)));
    expect(ours('Weights').map(({ name }) => name)).toHaveLength(expected.size);
    expect(new Set(ours('Weights').map(({ name }) => name))).toEqual(expected);
  });

  test.each(ours('Weights').map(({ name, cells }) => [name, cells] as const))('%s is a weight of', (name, cells) => {
    expect(cells[3]).toBe(ids(NORMS.filter(({ weights }) => weights.some((weight) => weight.name === name))));
  });

  test('the rows stand in the order every layer has them in', () => {
    const order = ours('Weights').map(({ name }) => name);
    for (const { weights } of NORMS) {
      const places = weights.map(({ name }) => order.indexOf(name));
      expect(places).toEqual([...places].sort((a, b) => a - b));
    }
  });
});

test('the example gives the numbers its comments say, and those are the formula', async () => {
  const [block, ...more] = blocksIn(text);
  expect(more).toEqual([]);
  const said = [...(block as string).matchAll(/\/\/ (\[.*\])$/gm)].map((match) => JSON.parse(match[1] as string));
  const log = jest.spyOn(console, 'log').mockImplementation(() => {});
  try {
    const scope = { tf: { ...core, ...layersPackage }, ...pack };
    const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
    await new AsyncFunction(...Object.keys(scope), block)(...Object.values(scope));
    expect(log.mock.calls.map(([shown]) => shown)).toEqual(said);
  } finally {
    log.mockRestore();
  }
  const affine = (x: number, mean: number, variance: number, weight: number, bias: number, eps = 1e-5) =>
    Number((((x - mean) / Math.sqrt(variance + eps)) * weight + bias).toFixed(3));
  expect(said).toEqual([
    [
      affine(2.5, 0.5, 4, 2, 0.1),
      affine(-1.5, 0.5, 4, 2, 0.1),
      affine(0, -1, 0.25, 0.5, -0.2),
      affine(1, -1, 0.25, 0.5, -0.2),
    ],
    [affine(1, 2, 1, 1, 0), affine(3, 2, 1, 2, 0), affine(-2, 0, 4, 1, 1), affine(2, 0, 4, 2, 1)],
  ]);
  expect(text).toContain(`would be ${affine(0, -1, 0.25, 0.5, -0.2, 1e-3)}.`);
});

test('links lead somewhere, and lines fit', () => {
  expect(linksIn(text).filter((link) => !existsSync(join(__dirname, '../../docs', link)))).toEqual([]);
  expect(longLines(text)).toEqual([]);
});
