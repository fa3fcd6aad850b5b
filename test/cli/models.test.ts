import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { lenet, lstm, resnet, transformer } from '../../models/shapes/index.js';
import { auditModel, describeModel } from '../../src/index.js';
import { mobileNetV2 } from '../audit/keras/network.js';
import { tf } from '../layers/setup.js';
import { inExamples, npy, save } from './examples.js';
import { cli } from './run.js';

inExamples();

const json = (value: unknown) => JSON.parse(JSON.stringify(value));

describe('describe', () => {
  const MODELS = {
    lenet: () => lenet({ norm: 'batch' }),
    resnet: () => resnet({ norm: 'group:4' }),
    lstm: () => lstm({ norm: 'layer' }),
    transformer: () => transformer({ norm: 'rms' }),
  };

  test.each(Object.entries(MODELS))('%s: the facts of the file, each with where it was seen', async (name, make) => {
    const model = make();
    await save(model, name);
    const facts = describeModel(model, { batchSize: 4 });
    const asJson = await cli(['describe', name, '--batch-size', '4', '--json']);
    expect(JSON.parse(asJson.stdout)).toEqual(json(facts));
    const { code, stdout } = await cli(['describe', `${name}/model.json`, '--batch-size', '4']);
    expect(code).toBe(0);
    for (const [fact, value] of Object.entries(facts)) expect(stdout).toMatch(new RegExp(`^  ${fact} +${value} `, 'm'));
    for (const [where] of Object.values(facts.seen).map((each) => each.where)) {
      if (where) expect(stdout.replace(/\s+/g, '')).toContain(where);
    }
    model.dispose();
  });

  test('Keras 3’s own JSON, without weights; flags win, and as new', async () => {
    writeFileSync('keras.json', JSON.stringify(mobileNetV2().keras));
    expect(JSON.parse((await cli(['describe', 'keras.json', '--json'])).stdout)).toEqual({
      architecture: 'cnn',
      rank: 4,
      pretrained: 'batch',
    });
    const { stdout } = await cli(['describe', 'keras.json', '--as-new', '--batch-size', '2', '--json']);
    expect(JSON.parse(stdout)).toEqual({ architecture: 'cnn', rank: 4, batchSize: 2 });
    const piped = await cli(['recommend', '-', '--json'], { stdin: stdout });
    expect(JSON.parse(piped.stdout).norm).toBe('group');
  });
});

describe('audit', () => {
  test('exit codes: 0 clean, 1 findings, 2 could not run', async () => {
    expect((await cli(['audit', 'model'])).code).toBe(0);
    expect((await cli(['audit', 'model', '--batch-size', '32'])).code).toBe(0);
    const found = await cli(['audit', 'model', '--batch-size', '2']);
    expect(found).toMatchObject({ code: 1, stderr: '' });
    expect(found.stdout).toContain('batch-under-4');
    for (const args of [
      ['nowhere'],
      ['facts.json'],
      ['model', '--batchsize', '2'],
      ['model', '--batch-size', 'two'],
      ['model', '--rule', 'batch-under-5=off'],
      ['model', '--rule', 'batch-under-4'],
      ['model', '--html', 'model/model.json'],
      ['model', '--backend', 'webgl'],
      ['model', '--data', 'facts.json'],
      ['model', '--html', 'no/where.html'],
      [],
    ]) {
      const { code, stdout, stderr } = await cli(['audit', ...args]);
      expect({ args, code, stdout, stderr }).toEqual({
        args,
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^error: .*\n$/),
      });
    }
  });

  test('a fault of ours is not taken for findings', async () => {
    const { main } = await import('../../src/cli/main.js');
    const said: string[] = [];
    const stderr = { write: (text: string) => said.push(text) };
    const stdout = {
      write: () => {
        throw new TypeError('broken');
      },
    };
    const host = {
      stdin: [] as never,
      stdout,
      stderr,
      env: {},
      version: '0',
      load: async () => ({}),
      onStop: () => () => {},
    };
    expect(await main(['audit', 'model'], host)).toBe(2);
    expect(said.join('')).toContain('TypeError: broken\n    at ');
  });

  test('a severity of one’s own, and strict', async () => {
    const args = ['audit', 'model', '--batch-size', '2', '--rule'];
    expect((await cli([...args, 'batch-under-4=off'])).code).toBe(0);
    expect((await cli([...args, 'batch-under-4=info'])).code).toBe(0);
    expect((await cli([...args, 'batch-under-4=info', '--strict'])).code).toBe(1);
  });

  test('JSON is the report; weights are read, unless they are not to be', async () => {
    const model = lenet({ norm: 'batch' });
    const [, norm] = model.layers;
    norm?.setWeights(norm.getWeights().map((w, i) => (i === 3 ? tf.mul(w, Number.NaN) : w)));
    await save(model, 'broken');
    const { code, stdout } = await cli(['audit', 'broken', '--json']);
    expect(code).toBe(1);
    const report = await auditModel(model);
    expect(JSON.parse(stdout)).toEqual(json(report));
    expect(report.findings.length).toBeGreaterThan(0);
    expect((await cli(['audit', 'broken', '--no-weights'])).code).toBe(0);
    model.dispose();
  });

  test('inputs for the rules that read them', async () => {
    writeFileSync('constant.npy', npy([4, 10, 10, 1], new Float32Array(400)));
    const { findings: without } = JSON.parse((await cli(['audit', 'model', '--json'])).stdout);
    const { findings } = JSON.parse((await cli(['audit', 'model', '--json', '--data', 'constant.npy'])).stdout);
    expect(findings.length).toBeGreaterThan(without.length);
    writeFileSync('wrong.npy', npy([4, 5], new Float32Array(20)));
    const { code, stderr } = await cli(['audit', 'model', '--data', 'wrong.npy']);
    expect(code).toBe(2);
    expect(stderr).toMatch(/batch must be the inputs of the model/);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('a page, which replaces an older one and leaves nothing beside it', async () => {
    const before = readdirSync('.');
    for (const norm of ['old', 'new']) {
      expect((await cli(['audit', 'model', '--html', `${norm}.html`])).code).toBe(0);
      expect((await cli(['audit', 'model', '--html', 'old.html'])).code).toBe(0);
    }
    expect(readFileSync('old.html', 'utf8')).toMatch(/<html[\s\S]*batch1[\s\S]*<\/html>/);
    expect(readdirSync('.').filter((name) => !before.includes(name))).toEqual(['new.html', 'old.html']);
  });
});

describe('hostile files', () => {
  const write = (folder: string, model: unknown) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(`${folder}/model.json`, typeof model === 'string' ? model : JSON.stringify(model));
    writeFileSync(`${folder}/x.bin`, 'abcd');
  };
  const saved = () => JSON.parse(readFileSync('model/model.json', 'utf8'));
  const withPaths = (...paths: string[]) => {
    const model = saved();
    model.weightsManifest[0].paths = paths;
    return model;
  };
  const dense = (config: object, className = 'Dense') => ({
    modelTopology: {
      class_name: 'Sequential',
      config: {
        name: 's',
        layers: [{ class_name: className, config: { name: 'd', batch_input_shape: [null, 16], ...config } }],
      },
    },
    weightsManifest: [{ paths: ['x.bin'], weights: [{ name: 'd/kernel', shape: [1], dtype: 'float32' }] }],
  });
  const huge = () => {
    const model = withPaths('x.bin');
    model.weightsManifest[0].weights[0].shape = [16384, 16384];
    return model;
  };

  test.each<[string, () => unknown, string]>([
    ['weights outside', () => withPaths('../model/x.bin'), 'must lie in the folder of the model'],
    ['an absolute path', () => withPaths('/etc/passwd'), 'must lie in the folder of the model'],
    ['a missing file', () => withPaths('gone.bin'), 'a weight file of the manifest is missing'],
    ['a wrong size', () => withPaths('x.bin'), 'must have the declared size'],
    ['1 GB declared', huge, 'must have the declared size'],
    ['not JSON', () => '{ "modelTopology": ', 'is not JSON'],
    ['JSON of something else', () => ({ a: 1 }), 'must hold the layers of a model'],
    ['a graph model', () => ({ format: 'graph-model', modelTopology: {} }), 'a graph model has no layers'],
    ['nested without end', () => `{ "modelTopology": ${'['.repeat(1e5)}${']'.repeat(1e5)} }`, 'must hold'],
    ['a prototype', () => dense({}, '__proto__'), 'cannot be loaded'],
    ['an unknown layer', () => dense({}, 'Mine\u001b[2J'), 'cannot be loaded: Unknown layer: Mine'],
    ['a layer of 64 GB', () => dense({ units: 1e9 }), 'cannot be loaded'],
    ['no weights', () => ({ ...saved(), weightsManifest: [] }), 'holds no weights'],
  ])('%s', async (name, model, part) => {
    const folder = name.replaceAll(' ', '-');
    write(folder, model());
    for (const args of [
      ['audit', folder],
      ['fold', folder, 'never'],
      ['convert', folder, 'never', '--to', 'rms'],
    ]) {
      const { code, stdout, stderr } = await cli(args);
      expect({ code, stdout }).toEqual({ code: args[0] === 'audit' ? 2 : 1, stdout: '' });
      expect(stderr).toMatch(/^error: .*\n$/);
      expect(stderr).toContain(part);
      expect(stderr.trimEnd()).not.toMatch(/\p{Cc}/u);
    }
    expect(existsSync('never')).toBe(false);
  });

  test('names are shown, not obeyed', async () => {
    const text = readFileSync('model/model.json', 'utf8').replaceAll('"batch1', '"ba\\u001b[2J\\u009b\\u202e');
    mkdirSync('names');
    for (const file of readdirSync('model')) writeFileSync(`names/${file}`, readFileSync(`model/${file}`));
    writeFileSync('names/model.json', text);
    const plain = (text: string) => {
      expect(text).toContain('ba');
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    };
    for (const args of [
      ['describe', 'names'],
      ['describe', 'names', '--json'],
      ['audit', 'names', '--no-weights', '--batch-size', '2'],
      ['audit', 'names', '--no-weights', '--batch-size', '2', '--json'],
    ]) {
      const { stdout, stderr } = await cli(args);
      expect(stderr).toBe('');
      plain(stdout);
    }
    for (const args of [
      ['audit', 'names'],
      ['convert', 'names', 'never', '--to', 'rms'],
      ['fold', 'names', 'never'],
    ]) {
      const { stdout, stderr } = await cli(args);
      expect({ stdout, stderr }).toEqual({
        stdout: '',
        stderr: expect.stringMatching(/^error: .* not a valid .*\n$/i),
      });
      plain(stderr);
    }
  });
});
