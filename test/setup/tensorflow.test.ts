import { mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { locked } from '../../scripts/setup/lock.js';
import { tryThrice } from '../../scripts/setup/shell.js';
import { pythonNames } from '../../scripts/setup/tensorflow/library.js';
import { findPackage, hasAddon, napiVersion } from '../../scripts/setup/tensorflow/package.js';
import { cacheFolder, tensorflow } from '../../scripts/setup/tensorflow/part.js';
import { chooseFiles } from '../../scripts/setup/tensorflow/wheel.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tfnorm-setup-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const FRAMEWORK = 'tensorflow/libtensorflow_framework.so.2';
const EXTENSION = 'tensorflow/python/_pywrap_tensorflow_internal.so';
const HEADERS = [
  'tensorflow/include/tensorflow/c/c_api.h',
  'tensorflow/include/tensorflow/c/eager/c_api.h',
  'tensorflow/include/tensorflow/core/platform/ctstring.h',
];

test('of a wheel: the library, the framework, the C headers and the licence', () => {
  const others = ['tensorflow/include/tensorflow/core/graph/graph.h', 'tensorflow/python/ops/math_ops.py'];
  const licence = 'tensorflow_cpu-2.9.1.dist-info/LICENSE';
  const old = [EXTENSION, FRAMEWORK, ...HEADERS, licence];
  expect(chooseFiles([...others, ...old])).toEqual({ main: EXTENSION, files: old });
  const main = 'tensorflow/libtensorflow_cc.so.2';
  expect(chooseFiles([...old, main]).main).toBe(main);
  expect(() => chooseFiles(HEADERS)).toThrow(`the wheel has no ${EXTENSION} and no ${FRAMEWORK}`);
});

test('the names that the stub has: those of Python, each once', () => {
  const nm =
    '      U PyExc_ValueError\n      U _Py_NoneStruct@V1\n      U memcpy\n      U PyExc_ValueError\n      w PyWeak\n';
  expect(pythonNames(nm)).toEqual(['PyExc_ValueError', '_Py_NoneStruct']);
});

test('the version of Node-API is in the path of the addon', () => {
  expect(napiVersion({ folder, addon: '/a/lib/napi-v8/tfjs_binding.node' })).toBe(8);
  expect(() => napiVersion({ folder, addon: '/a/lib/tfjs_binding.node' })).toThrow('no version of Node-API');
});

test('a package that is not there has no addon, and one without its file neither', () => {
  expect(hasAddon(findPackage('@tensorflow/no-such-package', process.cwd()))).toBe(false);
  expect(hasAddon({ folder, addon: join(folder, 'tfjs_binding.node') })).toBe(false);
  expect(findPackage('@tensorflow/tfjs-node', process.cwd())?.addon).toMatch(/napi-v\d+.tfjs_binding[.]node$/);
});

test('the cache is where the environment says', () => {
  expect(cacheFolder({ TFJS_NODE_CACHE: '/a', XDG_CACHE_HOME: '/b' })).toBe('/a');
  expect(cacheFolder({ XDG_CACHE_HOME: '/b' })).toBe(join('/b', 'tfjs-node-native'));
});

test('two set-ups in one folder take turns', async () => {
  const events: string[] = [];
  const work = (name: string) => async () => {
    events.push(`${name} begins`);
    await wait(60);
    events.push(`${name} ends`);
  };
  await Promise.all(['a', 'b'].map((name) => locked(folder, work(name), 10)));
  const [first] = events[0] as string;
  const second = first === 'a' ? 'b' : 'a';
  expect(events).toEqual([`${first} begins`, `${first} ends`, `${second} begins`, `${second} ends`]);
});

test('a lock is opened when its work fails, and when its process is gone', async () => {
  const failing = locked(folder, () => Promise.reject(new Error('no network')));
  await expect(failing).rejects.toThrow('no network');
  const file = join(folder, '.setup-lock');
  await writeFile(file, `999999999 ${hostname()}`);
  await utimes(file, new Date(), new Date(Date.now() - 10_000));
  expect(await locked(folder, async () => 'mine', 10)).toBe('mine');
});

test('of many that find an abandoned lock one gets in at a time', async () => {
  const file = join(folder, '.setup-lock');
  for (let round = 0; round < 20; round++) {
    await writeFile(file, `999999999 ${hostname()}`);
    await utimes(file, new Date(), new Date(Date.now() - 10_000));
    let [inside, most] = [0, 0];
    const work = async () => {
      most = Math.max(most, ++inside);
      await wait(2);
      inside--;
    };
    await Promise.all([1, 2, 3, 4].map(() => locked(folder, work, 1)));
    expect(most).toBe(1);
  }
});

test('a folder that cannot be made, and half a version: sentences', async () => {
  await writeFile(join(folder, 'file'), '');
  await expect(locked(join(folder, 'file', 'cache'), async () => {})).rejects.toThrow(
    /cannot be made \(ENOTDIR\)[.] Name another/,
  );
  const { install } = tensorflow({ version: '2.9' });
  await expect(install(() => {})).rejects.toThrow('TensorFlow 2.9 is no whole version. Name one as 2.9.1.');
});

test('what fails twice is tried a third time, and no fourth', async () => {
  const work = jest.fn().mockRejectedValue(new Error('no network'));
  await expect(tryThrice(work, 1)).rejects.toThrow('no network');
  expect(work).toHaveBeenCalledTimes(3);
  const third = jest.fn().mockRejectedValueOnce(1).mockRejectedValueOnce(2).mockResolvedValue('here');
  expect(await tryThrice(third, 1)).toBe('here');
});
