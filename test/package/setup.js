import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(new URL('.', import.meta.url).pathname, '../..');
const run = (program, args, cwd) => execFileSync(program, args, { cwd, encoding: 'utf8', stdio: 'pipe' });

/** Builds, packs and unpacks the tarball as npm would install it, with links in place of downloaded peers. */
function install(project) {
  const modules = join(project, 'node_modules');
  mkdirSync(modules);
  run('npm', ['run', '--silent', 'build'], root);
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', project], root));
  run('tar', ['-xzf', packed.filename], project);
  renameSync(join(project, 'package'), join(modules, 'tfjs-normalization'));
  for (const name of ['@tensorflow', '@types']) {
    symlinkSync(join(root, 'node_modules', name), join(modules, name), 'junction');
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'bare', private: true }));
}

/** Once for all tests of the package. A failure is told by the tests: thrown here, it would stop every other test too. */
export default async function setup() {
  const project = realpathSync(mkdtempSync(join(tmpdir(), 'tfjs-normalization-')));
  process.env.TFNORM_PACKAGE_PROJECT = project;
  try {
    install(project);
  } catch (error) {
    process.env.TFNORM_PACKAGE_ERROR = `${error.message}\n${error.stdout ?? ''}`;
  }
}
