import { mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { SetupProblem } from '../part.js';
import { python } from '../python.js';
import { run, tryThrice } from '../shell.js';

/**
 * TensorFlow's library and C headers out of the Python wheel `tensorflow-cpu`: a registry has it where the bucket with
 * libtensorflow cannot be reached. It is unpacked, never imported.
 */

const NAMES = 'import sys, zipfile; print(*zipfile.ZipFile(sys.argv[1]).namelist(), sep="\\n")';
const EXTRACT = 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2], sys.argv[3:])';

/** manylinux names of the releases, newest last. */
const PLATFORMS = ['manylinux2010_x86_64', 'manylinux2014_x86_64', 'manylinux_2_17_x86_64', 'manylinux_2_27_x86_64'];

export const FRAMEWORK = 'libtensorflow_framework.so.2';
const LIBRARY = 'tensorflow/libtensorflow_cc.so.2';
/** Up to 2.11 the C interface is in the Python extension. */
export const EXTENSION = '_pywrap_tensorflow_internal.so';

/** What is taken from a wheel that holds `names`. */
export function chooseFiles(names: readonly string[]): { main: string; files: string[] } {
  const main = names.includes(LIBRARY) ? LIBRARY : `tensorflow/python/${EXTENSION}`;
  const framework = `tensorflow/${FRAMEWORK}`;
  const absent = [main, framework].filter((name) => !names.includes(name));
  if (absent.length > 0) throw new SetupProblem(`the wheel has no ${absent.join(' and no ')}`);
  const header = /^tensorflow\/include\/.*\/(c\/(eager\/)?[^/]+|platform\/ctstring[^/]*)\.h$/;
  const licence = /^([^/]*\.dist-info\/LICENSE|.*THIRD_PARTY_NOTICES)/;
  return { main, files: [main, framework, ...names.filter((name) => header.test(name) || licence.test(name))] };
}

async function download(version: string, folder: string): Promise<string> {
  const args = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-cache-dir', '--no-deps'];
  // Of a Python of pip's choice, not of this one, for which there may be no wheel: 2.9 ends with Python 3.10.
  const target = ['--only-binary', ':all:', '--implementation', 'cp', '--python-version', '3.10'];
  const platforms = PLATFORMS.flatMap((name) => ['--platform', name]);
  const wanted = ['--dest', folder, `tensorflow-cpu==${version}`];
  try {
    await tryThrice(() => run(python, [...args, ...target, ...platforms, ...wanted]));
  } catch (error) {
    const why = error instanceof Error ? error.message : error;
    throw new SetupProblem(
      `tensorflow-cpu ${version} cannot be downloaded with pip. Is PyPI, or a mirror of it (PIP_INDEX_URL), in reach?\n${why}`,
    );
  }
  const wheel = (await readdir(folder)).find((name) => name.endsWith('.whl'));
  if (!wheel) throw new SetupProblem(`pip left no wheel of tensorflow-cpu ${version}`);
  return join(folder, wheel);
}

/** `lib/` and `include/` of a version in `target`; answers with the name of the main library. */
export async function unpackWheel(version: string, target: string): Promise<string> {
  const [archive, raw] = [join(target, 'wheel'), join(target, 'raw')];
  const wheel = await download(version, archive);
  const names = (await run(python, ['-c', NAMES, wheel])).split(/\r?\n/);
  const { main, files } = chooseFiles(names);
  await run(python, ['-c', EXTRACT, wheel, raw, ...files]);
  await rm(archive, { recursive: true });
  await mkdir(join(target, 'lib'));
  for (const file of [main, `tensorflow/${FRAMEWORK}`])
    await rename(join(raw, file), join(target, 'lib', basename(file)));
  await rename(join(raw, 'tensorflow/include'), join(target, 'include'));
  for (const name of files.filter((file) => dirname(file).endsWith('.dist-info')))
    await rename(join(raw, name), join(target, basename(name)));
  await rm(raw, { recursive: true });
  return basename(main);
}
